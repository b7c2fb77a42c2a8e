import { expect, onTestFinished, test } from 'vitest';
import { type AsyncFunction, AsyncInvocations } from '../../../local/lambda/async-invocations.ts';
import { FunctionError } from '../../../local/lambda/sandbox.ts';
import { makeDir } from '../dynamodb/table-definition.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:count';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:failures';
const count: AsyncFunction = {
  name: 'count',
  arn: ARN,
  roleArn: 'arn:aws:iam::000000000000:role/count-role',
  retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
  onFailure: QUEUE,
};

function open(functions: readonly AsyncFunction[], invoke: (payload: unknown) => Promise<unknown>) {
  const invoked: [string, unknown][] = [];
  const sent: [string, unknown][] = [];
  const invocations = new AsyncInvocations({
    dir: makeDir(),
    functions,
    firstBackoffMs: 1,
    invoke(name, payload) {
      invoked.push([name, payload]);
      return invoke(payload);
    },
    send: async (queue, body) => void sent.push([queue, JSON.parse(body)]),
  });
  onTestFinished(() => invocations.close());
  invocations.start();
  return { invocations, invoked, sent };
}

test('an event is taken at once, and handed to the function', async () => {
  const { invocations, invoked } = open([count], () => new Promise((resolve) => setTimeout(resolve, 50)));
  await invocations.invoke('count', { n: 1 });
  await expect.poll(() => invoked).toEqual([['count', { n: 1 }]]);
});

test('a function that is not there takes none', async () => {
  const { invocations } = open([count], async () => {});
  await expect(invocations.invoke('other', {})).rejects.toThrow('No function other takes events');
});

test('what the function fails on three times goes to its queue, in Lambda’s record of it', async () => {
  const { invocations, invoked, sent } = open([count], (payload) =>
    (payload as { n: number }).n === 1
      ? Promise.reject(new FunctionError('count', 'TypeError', 'not a file'))
      : Promise.resolve(),
  );
  await invocations.invoke('count', { n: 1 });
  await invocations.invoke('count', { n: 2 });
  await expect.poll(() => sent).toHaveLength(1);
  expect(invoked).toHaveLength(4);
  expect(sent[0]).toEqual([
    QUEUE,
    {
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionArn: `${ARN}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'TypeError', errorMessage: 'not a file' },
    },
  ]);
});

test('without a queue it is dropped', async () => {
  const { onFailure: _, ...alone } = count;
  const { invocations, invoked, sent } = open([alone], () => Promise.reject(new Error('down')));
  await invocations.invoke('count', {});
  await expect.poll(() => invoked).toHaveLength(3);
  await invocations.close();
  expect([invoked.length, sent]).toEqual([3, []]);
});
