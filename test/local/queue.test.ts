import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openQueue } from '../../local/queue.ts';
import { type Services, startServices } from './services.ts';
import { makeDir } from './table-definition.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

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
  const queue = openQueue({ dir, name: 'poison' });
  for (const MessageBody of ['first', 'second']) {
    await queue.handle('SendMessage', { QueueUrl: 'poison', MessageBody });
  }
  const reopened = openQueue({ dir, name: 'poison' });
  expect(reopened.messages().map(({ body }) => body)).toEqual(['first', 'second']);
  reopened.close();
  queue.close();
});
