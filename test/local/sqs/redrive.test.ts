import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { Sqs } from '../../../local/sqs/service.ts';
import { type QueueDefinition, readQueues } from '../../../local/sqs/template.ts';
import { REGION } from '../../../local/template/account.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { CREDENTIALS, serve } from '../services.ts';
import { templateOf } from '../template-of.ts';

const QUEUES: readonly QueueDefinition[] = [
  { name: 'work', visibilityTimeout: 60, redrive: { maxReceiveCount: 2, deadLetterQueue: 'failures' } },
  { name: 'failures' },
];

/** The service with a clock that stands until it is moved, and the SDK's client for it. */
async function open(dir = temporaryDirectory()) {
  let now = Date.parse('2026-01-31T12:00:00Z');
  const sqs = new Sqs({ dir, queues: QUEUES, now: () => new Date(now) });
  const server = await serve([sqs]);
  const client = new SQSClient({ endpoint: server.url, region: REGION, credentials: CREDENTIALS });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    client.destroy();
    await server.close();
    sqs.close();
  };
  onTestFinished(close);
  const url = (name: string) => `${server.url}/000000000000/${name}`;
  return {
    work: sqs.queues.get('work'),
    failures: sqs.queues.get('failures'),
    close,
    move: (seconds: number) => {
      now += seconds * 1000;
    },
    async receive(name: string, more: object = {}) {
      const input = { QueueUrl: url(name), MaxNumberOfMessages: 10, ...more };
      return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
    },
    async attributes(name: string) {
      const input = { QueueUrl: url(name), AttributeNames: ['All' as const] };
      return (await client.send(new GetQueueAttributesCommand(input))).Attributes;
    },
  };
}

test('a message that was received as often as it may be is moved, as it is, when it would be received again', async () => {
  const { work, failures, receive, move } = await open();
  const sent = work?.send('poison', { RULE_ARN: 'arn' });
  expect(await receive('work')).toMatchObject([{ Body: 'poison' }]);
  move(61);
  expect(await receive('work')).toHaveLength(1);
  move(61);
  expect(work?.messages()).toHaveLength(1);
  expect(await receive('work')).toEqual([]);
  expect(work?.messages()).toEqual([]);
  expect(failures?.messages()).toEqual([sent]);
  expect(await receive('failures')).toMatchObject([{ Body: 'poison', MessageId: sent?.id }]);
});

test('others are received in its place', async () => {
  const { work, receive } = await open();
  work?.send('poison');
  for (let n = 0; n < 2; n++) await receive('work', { VisibilityTimeout: 0 });
  work?.send('good');
  expect(await receive('work', { MaxNumberOfMessages: 1 })).toMatchObject([{ Body: 'good' }]);
});

test('how often a message was received outlives the process, and it is moved once', async () => {
  const dir = temporaryDirectory();
  const first = await open(dir);
  first.work?.send('poison');
  for (let n = 0; n < 2; n++) await first.receive('work', { VisibilityTimeout: 0 });
  await first.close();
  // A file that was rewritten when it was opened says the same.
  await (await open(dir)).close();
  const again = await open(dir);
  expect(await again.receive('work')).toEqual([]);
  expect(again.failures?.messages()).toMatchObject([{ body: 'poison' }]);
});

test('a message is hidden for the queue’s own time where the receiver names none', async () => {
  const { work, receive, move } = await open();
  work?.send('a');
  await receive('work');
  move(59);
  expect(await receive('work')).toEqual([]);
  move(2);
  expect(await receive('work')).toHaveLength(1);
});

test('a message says when it was sent, and how often it was received', async () => {
  const { work, receive, move } = await open();
  work?.send('a');
  move(1);
  await receive('work');
  move(61);
  const [message] = await receive('work', { MessageSystemAttributeNames: ['All'] });
  const sentAt = Date.parse('2026-01-31T12:00:00Z');
  expect(message?.Attributes).toEqual({
    ApproximateReceiveCount: '2',
    SentTimestamp: String(sentAt),
    ApproximateFirstReceiveTimestamp: String(sentAt + 1000),
  });
});

test('a queue says how many messages wait, and how many are being worked on', async () => {
  const { work, receive, attributes } = await open();
  for (const body of ['a', 'b', 'c']) work?.send(body);
  await receive('work', { MaxNumberOfMessages: 1 });
  expect(await attributes('work')).toEqual({
    QueueArn: 'arn:aws:sqs:us-east-1:000000000000:work',
    ApproximateNumberOfMessages: '2',
    ApproximateNumberOfMessagesNotVisible: '1',
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: '60',
  });
});

test('a template’s queues have their visibility and their redrive', () => {
  const work = {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['failures', 'Arn'] }, maxReceiveCount: 2 },
    },
  };
  const failures = { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } };
  const url = (name: string) => `http://127.0.0.1:4001/000000000000/${name}`;
  expect(readQueues(templateOf({ work, failures }))).toEqual(
    QUEUES.map((queue) => ({ ...queue, url: url(queue.name) })),
  );
  const fifo = { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } };
  expect(() => readQueues(templateOf({ fifo }))).toThrow('FifoQueue of the queue fifo is not run locally');
});
