import { join } from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { QueueMapping } from '../../../local/lambda/queue-mapping.ts';
import { Queue } from '../../../local/sqs/queue.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const SETTINGS = { batchSize: 10, maximumConcurrency: 5, reportBatchItemFailures: false };
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:work';

/** A queue that is worked off by `work`, and the bodies of the batches that it was given. */
function open(
  work: (bodies: string[], event: SQSEvent) => unknown,
  { settings = {}, dir = temporaryDirectory(), maxReceiveCount = 3 } = {},
) {
  const failures = new Queue(join(dir, 'failures'));
  const redrive = { maxReceiveCount, deadLetterQueue: () => failures };
  const queue = new Queue(join(dir, 'work'), { redrive, visibilityTimeout: 60 });
  const batches: string[][] = [];
  const mapping = new QueueMapping({
    queue,
    queueArn,
    settings: { ...SETTINGS, ...settings },
    firstBackoffMs: 1,
    async invoke(event) {
      const bodies = event.Records.map(({ body }) => body);
      batches.push(bodies);
      return work(bodies, event);
    },
  });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await mapping.close();
    queue.close();
    failures.close();
  };
  onTestFinished(close);
  return { queue, failures, mapping, batches, close };
}

const fail = () => Promise.reject(new Error('the function fails'));
const bodiesOf = (queue: Queue) => queue.messages().map(({ body }) => body);

test('messages come in batches, as Lambda has them, and are deleted once the function is done', async () => {
  const events: SQSEvent[] = [];
  const { queue, mapping } = open((_, event) => events.push(event), { settings: { batchSize: 2 } });
  const sent = ['a', 'b', 'c'].map((body) => queue.send(body));
  mapping.start();
  await expect.poll(() => queue.messages()).toEqual([]);
  expect(events.map(({ Records }) => Records.map(({ body }) => body))).toEqual([['a', 'b'], ['c']]);
  expect(events[0]?.Records[0]).toEqual({
    messageId: sent[0]?.id,
    receiptHandle: expect.any(String),
    body: 'a',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(Date.parse(String(sent[0]?.sentAt))),
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    },
    messageAttributes: {},
    md5OfBody: '0cc175b9c0f1b6a831c399e269772661',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: 'us-east-1',
  });
});

test('a message that comes while the queue is empty is delivered too', async () => {
  const { queue, mapping, batches } = open(() => {});
  mapping.start();
  await new Promise((resolve) => setTimeout(resolve, 120));
  queue.send('late');
  await expect.poll(() => batches).toEqual([['late']]);
});

test('a batch that the function fails on comes again, and goes to the dead-letter queue in the end', async () => {
  const { queue, failures, mapping, batches } = open(fail);
  queue.send('poison');
  mapping.start();
  await expect.poll(() => bodiesOf(failures)).toEqual(['poison']);
  expect(batches).toEqual([['poison'], ['poison'], ['poison']]);
  expect(queue.messages()).toEqual([]);
});

test('of a batch, only the messages that the function names come again', async () => {
  const { queue, failures, mapping, batches } = open(
    (_, { Records }) => ({
      batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    }),
    { settings: { reportBatchItemFailures: true } },
  );
  for (const body of ['good', 'bad', 'better']) queue.send(body);
  mapping.start();
  await expect.poll(() => bodiesOf(failures)).toEqual(['bad']);
  expect(batches).toEqual([['good', 'bad', 'better'], ['bad'], ['bad']]);
});

test.each([
  ['another id', { batchItemFailures: [{ itemIdentifier: 'other' }] }],
  ['no id', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['no failure', { batchItemFailures: [null] }],
  ['no list', { batchItemFailures: 'all' }],
])('an answer that names %s fails the whole batch', async (_, answer) => {
  const { queue, failures, mapping } = open(() => answer, { settings: { reportBatchItemFailures: true } });
  for (const body of ['a', 'b']) queue.send(body);
  mapping.start();
  await expect.poll(() => bodiesOf(failures).toSorted()).toEqual(['a', 'b']);
});

test.each([[undefined], [null], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
  'an answer of %j fails none',
  async (answer) => {
    const { queue, mapping, batches } = open(() => answer, { settings: { reportBatchItemFailures: true } });
    queue.send('a');
    mapping.start();
    await expect.poll(() => queue.messages()).toEqual([]);
    expect(batches).toEqual([['a']]);
  },
);

test('without that setting, no answer names failures', async () => {
  const { queue, mapping } = open((_, { Records }) => ({
    batchItemFailures: [{ itemIdentifier: Records[0]?.messageId }],
  }));
  queue.send('a');
  mapping.start();
  await expect.poll(() => queue.messages()).toEqual([]);
});

test('no more batches are under way than the mapping allows', async () => {
  let [now, most] = [0, 0];
  const { queue, mapping } = open(
    async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
    },
    { settings: { batchSize: 1, maximumConcurrency: 2 } },
  );
  for (let n = 0; n < 10; n++) queue.send(String(n));
  mapping.start();
  await expect.poll(() => queue.messages()).toEqual([]);
  expect(most).toBe(2);
});

test('what was under way when the process ended is delivered by the next one', async () => {
  const dir = temporaryDirectory();
  const never = () => new Promise(() => {});
  const first = open(never, { dir });
  first.queue.send('a');
  first.mapping.start();
  await expect.poll(() => first.batches).toEqual([['a']]);
  // As after a kill, nothing is noted of the first delivery's end: the second opens the same files.
  const counts: string[] = [];
  const second = open(
    (_, { Records }) => counts.push(...Records.map(({ attributes }) => attributes.ApproximateReceiveCount)),
    { dir },
  );
  second.mapping.start();
  await expect.poll(() => counts).toEqual(['2']);
  expect(second.queue.messages()).toEqual([]);
});
