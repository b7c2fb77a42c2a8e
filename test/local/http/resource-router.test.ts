import { expect, test } from 'vitest';
import { ResourceRouter } from '../../../local/http/resource-router.ts';
import { openQueue, queueName } from '../../../local/sqs/queue.ts';
import { makeDir } from '../dynamodb/table-definition.ts';

const queues = new Map(['first', 'second'].map((name) => [name, openQueue({ dir: makeDir(), name })]));
const router = new ResourceRouter(queues, queueName);
const send = (name: string) =>
  router.handle('SendMessage', { QueueUrl: `http://127.0.0.1/000000000000/${name}`, MessageBody: name });

test('a request is for the resource that it names', async () => {
  for (const name of ['second', 'first', 'second']) await send(name);
  const bodies = [...queues.values()].map((queue) => queue.messages().map(({ body }) => body));
  expect(bodies).toEqual([['first'], ['second', 'second']]);
  expect(router.accesses('SendMessage', { QueueUrl: 'second' })).toEqual([
    { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:000000000000:second' },
  ]);
});

test('a name that is none’s is refused', async () => {
  await expect(send('third')).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
  await expect(router.handle('CreateQueue', {})).rejects.toMatchObject({
    code: 'UnknownOperationException',
  });
});
