import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Queue } from '../../../local/sqs/queue.ts';
import { Sqs } from '../../../local/sqs/service.ts';
import { anyone } from '../../support/iam.ts';
import { makeDir } from '../dynamodb/table-definition.ts';
import { type Services, startServices } from '../services.ts';

let services: Services;

beforeEach(async () => {
  services = await startServices();
});
afterEach(() => services.close());

const send = (MessageBody: string, other: object = {}) =>
  services.sqs.send(
    new SendMessageCommand({ QueueUrl: `${services.url}/000000000000/poison`, MessageBody, ...other }),
  );

test('a message is kept as it was sent; the SDK finds its MD5 right', async () => {
  const body = `${JSON.stringify({ text: 'Ünïcödé 👍 "quoted"\n' })}\n`;
  const { MessageId } = await send(body);
  expect(services.queue.messages().at(-1)).toEqual({
    id: MessageId,
    sentAt: expect.stringMatching(/^\d{4}-.*Z$/),
    body,
  });
});

test.each([
  ['to another queue', 'x', { QueueUrl: 'http://127.0.0.1/000000000000/other' }, 'QueueDoesNotExist'],
  ['that is empty', '', {}, 'InvalidParameterValue'],
  ['with what would be dropped', 'x', { DelaySeconds: 5 }, 'InvalidParameterValue'],
  ['with characters that SQS does not take', 'a\u0000', {}, 'InvalidMessageContents'],
])('a message %s is refused', async (_, body, other, name) => {
  const before = services.queue.messages().length;
  await expect(send(body, other)).rejects.toMatchObject({ name });
  expect(services.queue.messages().length).toBe(before);
});

test('messages outlive the process', async () => {
  const dir = makeDir();
  const queue = new Queue(dir);
  for (const body of ['first', 'second']) queue.send(body);
  const reopened = new Queue(dir);
  expect(reopened.messages().map(({ body }) => body)).toEqual(['first', 'second']);
  reopened.close();
  queue.close();
});

describe('a message that is received', () => {
  const QueueUrl = () => `${services.url}/000000000000/poison`;
  const receive = async (more: object = {}) => {
    const { Messages = [] } = await services.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: QueueUrl(), MaxNumberOfMessages: 10, ...more }),
    );
    return Messages;
  };
  const handleOf = ([message]: Message[]) => ({
    QueueUrl: QueueUrl(),
    ReceiptHandle: message?.ReceiptHandle,
  });
  const remove = (messages: Message[]) => services.sqs.send(new DeleteMessageCommand(handleOf(messages)));
  const hide = (messages: Message[], VisibilityTimeout: number) =>
    services.sqs.send(new ChangeMessageVisibilityCommand({ ...handleOf(messages), VisibilityTimeout }));

  beforeEach(() => send('one'));

  test('is hidden until its while has passed', async () => {
    expect(await receive({ VisibilityTimeout: 1 })).toMatchObject([{ Body: 'one' }]);
    expect(await receive()).toEqual([]);
    expect(await receive({ WaitTimeSeconds: 5 })).toMatchObject([{ Body: 'one' }]);
  });

  test('is hidden longer, or seen at once, if that is asked', async () => {
    const received = await receive({ VisibilityTimeout: 1 });
    await hide(received, 60);
    expect(await receive({ WaitTimeSeconds: 2 })).toEqual([]);
    await hide(received, 0);
    await expect(hide(received, 60)).rejects.toMatchObject({ name: 'MessageNotInflight' });
    expect(await receive()).toHaveLength(1);
    await expect(hide(received, 60)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  });

  test('is gone once it is deleted, and may be deleted twice', async () => {
    const received = await receive();
    await remove(received);
    await remove(received);
    expect(services.queue.messages()).toEqual([]);
  });

  test('is deleted by its last receipt, even when it is seen again, and by no other', async () => {
    const first = await receive({ VisibilityTimeout: 0 });
    const second = await receive({ VisibilityTimeout: 0 });
    await remove(first);
    expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(1);
    await remove(second);
    expect(services.queue.messages()).toHaveLength(1);
    await remove(await receive({ VisibilityTimeout: 0 }));
    expect(services.queue.messages()).toEqual([]);
  });

  test('is waited for', async () => {
    await remove(await receive());
    const waiting = receive({ WaitTimeSeconds: 10 });
    await send('late');
    expect(await waiting).toMatchObject([{ Body: 'late' }]);
  });

  test('comes with others, as many as are asked for, oldest first', async () => {
    for (const body of ['two', 'three']) await send(body);
    expect((await receive({ MaxNumberOfMessages: 2 })).map(({ Body }) => Body)).toEqual(['one', 'two']);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['three']);
  });

  test.each([{ MaxNumberOfMessages: 11 }, { VisibilityTimeout: -1 }, { MessageAttributeNames: ['All'] }])(
    'is refused to %j',
    async (input) => {
      await expect(receive(input)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    },
  );

  test('has no handle but those that were given', async () => {
    const other = [{ ReceiptHandle: 'other' }];
    await expect(remove(other)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    await expect(hide(other, 0)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  });
});

test('what is deleted stays so in the next process', async () => {
  const dir = makeDir();
  const queue = new Queue(dir);
  for (const body of ['first', 'second']) queue.send(body);
  const [first] = await queue.receive({ most: 1 });
  queue.delete(first?.receiptHandle ?? '');
  queue.close();
  const reopened = new Queue(dir);
  expect(reopened.messages().map(({ body }) => body)).toEqual(['second']);
  reopened.close();
});

describe('of several queues', () => {
  const sqs = new Sqs({ dir: makeDir(), queues: [{ name: 'first' }, { name: 'second' }] });
  afterAll(() => sqs.close());
  const { SendMessage } = sqs.operations;
  const send = async (name: string) =>
    SendMessage.handle({ QueueUrl: `http://127.0.0.1/000000000000/${name}`, MessageBody: name }, anyone);

  test('a request is for the one that it names', async () => {
    for (const name of ['second', 'first', 'second']) await send(name);
    const bodies = [...sqs.queues.values()].map((queue) => queue.messages().map(({ body }) => body));
    expect(bodies).toEqual([['first'], ['second', 'second']]);
    expect(SendMessage.access({ QueueUrl: 'second' })).toEqual([
      { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:000000000000:second' },
    ]);
  });

  test('a name that is none’s is refused', async () => {
    await expect(send('third')).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
  });
});
