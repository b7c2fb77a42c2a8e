import { BatchGetItemCommand, type BatchGetItemCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DynamoDb } from '../../../local/dynamodb/service.ts';
import { REGION } from '../../../local/template/account.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { CREDENTIALS, serve } from '../services.ts';
import { DEFINITION } from './table-definition.ts';

const { streamArn: _, ...PLAIN } = DEFINITION;
const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table';
const keyOf = (pk: string) => ({ pk: { S: pk } });

let dynamodb: DynamoDb;
let client: DynamoDBClient;
let close: () => Promise<void>;

beforeAll(async () => {
  dynamodb = await DynamoDb.open(temporaryDirectory(), [
    { definition: PLAIN },
    { definition: { ...PLAIN, name: 'others' } },
  ]);
  const server = await serve([dynamodb]);
  client = new DynamoDBClient({
    endpoint: server.url,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  close = async () => {
    client.destroy();
    await server.close();
    await dynamodb.close();
  };
  for (const name of ['a', 'b', 'c']) {
    for (const TableName of ['things', 'others']) {
      const Item = { ...keyOf(name), in: { S: TableName } };
      await dynamodb.table(TableName).handle('PutItem', { TableName, Item });
    }
  }
});
afterAll(() => close());

const get = (RequestItems: BatchGetItemCommandInput['RequestItems'], other: object = {}) =>
  client.send(new BatchGetItemCommand({ RequestItems, ...other }));
const pks = (items: readonly Record<string, { S?: string }>[] = []) =>
  items.map((item) => item['pk']?.S).toSorted();

test('a call reads the items that there are, in any order, of several tables', async () => {
  const { Responses, UnprocessedKeys, ConsumedCapacity } = await get(
    {
      things: { Keys: ['a', 'none', 'b'].map(keyOf), ConsistentRead: true },
      [`${TABLE_ARN}/others`]: { Keys: [keyOf('c')] },
    },
    { ReturnConsumedCapacity: 'TOTAL' },
  );
  expect(pks(Responses?.['things'] as never)).toEqual(['a', 'b']);
  expect(Responses?.['others']).toEqual([{ ...keyOf('c'), in: { S: 'others' } }]);
  expect(UnprocessedKeys).toEqual({});
  expect(ConsumedCapacity).toEqual([
    { TableName: 'things', CapacityUnits: 3 },
    { TableName: 'others', CapacityUnits: 0.5 },
  ]);
});

test('what is over a megabyte is left to another call, which asks for the same of each item', async () => {
  const names = Array.from({ length: 6 }, (_, n) => `large${n}`);
  for (const name of names) {
    const Item = { ...keyOf(name), body: { S: 'x'.repeat(300 * 1024) } };
    await dynamodb.table('things').handle('PutItem', { TableName: 'things', Item });
  }
  const first = await get({
    things: {
      Keys: names.map(keyOf),
      ConsistentRead: true,
      ProjectionExpression: '#pk, body',
      ExpressionAttributeNames: { '#pk': 'pk' },
    },
  });
  const left = first.UnprocessedKeys?.['things'];
  expect(left?.Keys?.length).toBeGreaterThan(0);
  expect(left).toMatchObject({
    ConsistentRead: true,
    ProjectionExpression: '#pk, body',
    ExpressionAttributeNames: { '#pk': 'pk' },
  });
  const second = await get(first.UnprocessedKeys);
  expect(second.UnprocessedKeys).toEqual({});
  const read = [first, second].flatMap(({ Responses }) => pks(Responses?.['things'] as never));
  expect(read.toSorted()).toEqual(names);
});

test.each<[string, BatchGetItemCommandInput['RequestItems'], string]>([
  ['no table', {}, 'ValidationException'],
  ['a table that is not there', { missing: { Keys: [keyOf('a')] } }, 'ResourceNotFoundException'],
  ['one key twice', { things: { Keys: [keyOf('a'), keyOf('a')] } }, 'ValidationException'],
  ['another key', { things: { Keys: [{ id: { S: 'a' } }] } }, 'ValidationException'],
  [
    'more than 100 items in all',
    Object.fromEntries(
      ['things', 'others'].map((table) => [
        table,
        { Keys: Array.from({ length: 51 }, (_, n) => keyOf(String(n))) },
      ]),
    ),
    'ValidationException',
  ],
])('a call for %s is refused', async (_, items, name) => {
  await expect(get(items)).rejects.toMatchObject({ name });
});

test('the caller needs a permission on each table, for all the keys', () => {
  const RequestItems = { things: { Keys: ['a', 'b'].map(keyOf) }, others: { Keys: [keyOf('c')] } };
  expect(dynamodb.operations['BatchGetItem']?.access({ RequestItems })).toEqual([
    {
      action: 'dynamodb:BatchGetItem',
      resource: `${TABLE_ARN}/things`,
      context: { 'dynamodb:LeadingKeys': ['a', 'b'] },
    },
    {
      action: 'dynamodb:BatchGetItem',
      resource: `${TABLE_ARN}/others`,
      context: { 'dynamodb:LeadingKeys': ['c'] },
    },
  ]);
});

test('a key that names no partition says nothing of who may read it', () => {
  const RequestItems = { things: { Keys: [{ id: { S: 'a' } }] } };
  expect(dynamodb.operations['BatchGetItem']?.access({ RequestItems })).toMatchObject([{ context: {} }]);
});
