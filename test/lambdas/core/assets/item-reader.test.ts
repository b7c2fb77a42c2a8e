import { type BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ItemReader } from '#core/assets/item-reader';
import { AwsError } from '../../../../local/http/aws-error.ts';
import { startAws, TABLE, type TestAws } from '../../../support/aws.ts';

type BatchGet = BatchGetItemCommand['input'];

const KEYS = Array.from({ length: 250 }, (_, index) => `t_a#dev#${index}`);

let aws: TestAws;
let client: DynamoDBClient;
let reader: ItemReader;

beforeAll(async () => {
  aws = await startAws({ as: 'administrator' });
  client = new DynamoDBClient({ maxAttempts: 1 });
  reader = new ItemReader(DynamoDBDocumentClient.from(client), TABLE);
  await Promise.all(
    KEYS.map((pk) =>
      aws.table.handle('PutItem', { TableName: TABLE, Item: marshall({ pk, text: `of ${pk}` }) }),
    ),
  );
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  client.destroy();
  await aws.close();
});

/** Where DynamoDB's batches are answered, and left unanswered. */
function batches() {
  const batch = aws.services.dynamodb.operations['BatchGetItem'];
  return vi.spyOn(batch as NonNullable<typeof batch>, 'handle');
}

test('what is asked for in one turn is read by one call a hundred, each item for whoever asked for it', async () => {
  const handle = batches();
  const read = await Promise.all(KEYS.map((pk) => reader.read(pk)));
  expect(read).toEqual(KEYS.map((pk) => ({ pk, text: `of ${pk}` })));
  const asked = handle.mock.calls.map(([input]) => (input as BatchGet).RequestItems?.[TABLE]);
  expect(asked.map((part) => part?.Keys?.length).sort()).toEqual([100, 100, 50]);
  expect(asked.map((part) => part?.ConsistentRead)).toEqual([true, true, true]);
});

test('a key that several ask for is asked for once, and one without an item is answered with none', async () => {
  const handle = batches();
  const [pk = ''] = KEYS;
  const item = { pk, text: `of ${pk}` };
  expect(await Promise.all([pk, 'none', pk].map((key) => reader.read(key)))).toEqual([item, undefined, item]);
  expect(handle).toHaveBeenCalledTimes(1);
});

test('a key that is asked for alone is read as it is by then, by a call of its own', async () => {
  const handle = batches();
  const pk = 't_a#dev#changing';
  for (const text of ['first', 'second']) {
    await aws.table.handle('PutItem', { TableName: TABLE, Item: marshall({ pk, text }) });
    expect(await reader.read(pk)).toEqual({ pk, text });
  }
  expect(await reader.read('none')).toBeUndefined();
  expect(handle).not.toHaveBeenCalled();
});

test('what DynamoDB leaves out is asked for again, some times', async () => {
  const [first = '', second = ''] = KEYS;
  const handle = batches();
  const leave = (input: object, left: string) => ({
    Responses: { [TABLE]: left === first ? [] : [marshall({ pk: first, text: 'early' })] },
    UnprocessedKeys: {
      [TABLE]: { ...(input as BatchGet).RequestItems?.[TABLE], Keys: [{ pk: { S: left } }] },
    },
  });
  handle.mockImplementationOnce(async (input) => leave(input, second));
  expect(await Promise.all([first, second].map((pk) => reader.read(pk)))).toEqual([
    { pk: first, text: 'early' },
    { pk: second, text: `of ${second}` },
  ]);
  expect(handle).toHaveBeenCalledTimes(2);

  handle.mockImplementation(async (input) => leave(input, first));
  for (const outcome of await Promise.allSettled([first, second].map((pk) => reader.read(pk))))
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  expect(handle).toHaveBeenCalledTimes(2 + 5);
});

test('a table that is out of reach fails those who asked, and nobody after them', async () => {
  const handle = batches();
  handle.mockRejectedValueOnce(new AwsError(400, 'ThrottlingException', 'Slow down'));
  for (const outcome of await Promise.allSettled(KEYS.slice(0, 2).map((pk) => reader.read(pk))))
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  expect(await Promise.all(KEYS.slice(0, 2).map((pk) => reader.read(pk)))).toHaveLength(2);
});
