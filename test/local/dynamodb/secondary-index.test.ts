import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DynamoDb } from '../../../local/dynamodb/service.ts';
import { REGION } from '../../../local/template/account.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { CREDENTIALS, serve } from '../services.ts';
import { INDEXED, ofPartition } from './indexed-table.ts';
import { DEFINITION, openThings, READER } from './table-definition.ts';

const TableName = INDEXED.name;
let documents: DynamoDBDocumentClient;
let close: () => Promise<void>;

beforeAll(async () => {
  const dynamodb = await DynamoDb.open(temporaryDirectory(), [{ definition: INDEXED, readers: [READER] }]);
  const server = await serve([dynamodb]);
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  documents = DynamoDBDocumentClient.from(client);
  close = async () => {
    client.destroy();
    await server.close();
    await dynamodb.close();
  };
});
afterAll(() => close());

const put = (pk: string, list_sk: string, other: object = {}) =>
  documents.send(new PutCommand({ TableName, Item: { pk, list_sk, ...other } }));

const query = (partition: string, other: Partial<QueryCommandInput> = {}) => {
  const { ExpressionAttributeValues: values, ...more } = other;
  return documents.send(
    new QueryCommand({
      TableName,
      IndexName: 'list',
      KeyConditionExpression: 'list_pk = :p',
      ...more,
      ExpressionAttributeValues: { ':p': partition, ...values },
    }),
  );
};
const keysIn = async (partition: string, other: Partial<QueryCommandInput> = {}) =>
  (await query(partition, other)).Items?.map(({ pk }) => pk);

describe('a query of an index', () => {
  beforeAll(async () => {
    for (const n of [3, 1, 4, 2, 5]) {
      const kind = n % 2 === 1 ? 'odd' : 'even';
      await put(`n${n}`, `2026-01-0${n}`, { list_pk: 'numbers', kind, secret: 'not projected' });
    }
    await put('other', '2026-01-03', { list_pk: 'others' });
  });

  test('answers the partition in the order of its sort key, with what is projected', async () => {
    const { Items, Count, LastEvaluatedKey } = await query('numbers');
    expect(Items?.map(({ pk }) => pk)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(Items?.[0]).toEqual({ pk: 'n1', list_pk: 'numbers', list_sk: '2026-01-01', kind: 'odd' });
    expect(Count).toBe(5);
    expect(LastEvaluatedKey).toBeUndefined();
  });

  test('walks backwards by pages, each from where the last one ended', async () => {
    const pages: unknown[][] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await query('numbers', {
        ScanIndexForward: false,
        Limit: 2,
        ExclusiveStartKey: start,
      });
      pages.push(Items.map(({ pk }) => pk));
      start = LastEvaluatedKey;
    } while (start !== undefined);
    expect(pages).toEqual([['n5', 'n4'], ['n3', 'n2'], ['n1']]);
  });

  test('goes on from a key that no row has any longer', async () => {
    const ExclusiveStartKey = { pk: 'gone', list_pk: 'numbers', list_sk: '2026-01-03T' };
    expect(await keysIn('numbers', { ExclusiveStartKey })).toEqual(['n4', 'n5']);
    expect(await keysIn('numbers', { ExclusiveStartKey, ScanIndexForward: false })).toEqual([
      'n3',
      'n2',
      'n1',
    ]);
  });

  test.each([
    ['list_sk BETWEEN :a AND :b', ['n2', 'n3', 'n4']],
    ['list_sk < :b', ['n1', 'n2', 'n3']],
    ['list_sk >= :b', ['n4', 'n5']],
    ['begins_with(list_sk, :a)', ['n2']],
  ])('takes those whose key satisfies %s', async (condition, expected) => {
    const values = { ':a': '2026-01-02', ...(condition.includes(':b') && { ':b': '2026-01-04' }) };
    if (!condition.includes(':a')) delete (values as { ':a'?: string })[':a'];
    const KeyConditionExpression = `list_pk = :p AND ${condition}`;
    expect(await keysIn('numbers', { KeyConditionExpression, ExpressionAttributeValues: values })).toEqual(
      expected,
    );
  });

  test('a page between two keys ends there, backwards too', async () => {
    const between: Partial<QueryCommandInput> = {
      KeyConditionExpression: 'list_pk = :p AND list_sk BETWEEN :a AND :b',
      ExpressionAttributeValues: { ':a': '2026-01-02', ':b': '2026-01-04' },
      ScanIndexForward: false,
    };
    const first = await query('numbers', { ...between, Limit: 2 });
    expect(first.Items?.map(({ pk }) => pk)).toEqual(['n4', 'n3']);
    expect(await keysIn('numbers', { ...between, ExclusiveStartKey: first.LastEvaluatedKey })).toEqual([
      'n2',
    ]);
  });

  test('filters after it has counted to its limit', async () => {
    const page = await query('numbers', {
      FilterExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':kind': 'even' },
      Limit: 3,
    });
    expect(page).toMatchObject({ Count: 1, ScannedCount: 3, LastEvaluatedKey: { pk: 'n3' } });
  });

  test('says what it consumed', async () => {
    const { ConsumedCapacity } = await query('numbers', { ReturnConsumedCapacity: 'INDEXES', Limit: 1 });
    expect(ConsumedCapacity).toEqual({
      TableName,
      CapacityUnits: 0.5,
      Table: { CapacityUnits: 0 },
      GlobalSecondaryIndexes: { list: { CapacityUnits: 0.5 } },
    });
  });

  test.each<[string, Partial<QueryCommandInput>]>([
    ['consistent reads', { ConsistentRead: true }],
    ['another index', { IndexName: 'other' }],
    ['attributes that it does not hold', { Select: 'ALL_ATTRIBUTES' }],
  ])('refuses %s', async (_, other) => {
    await expect(query('numbers', other)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('an item', () => {
  const update = (pk: string, UpdateExpression: string, ExpressionAttributeValues?: object) =>
    documents.send(
      new UpdateCommand({
        TableName,
        Key: { pk },
        UpdateExpression,
        ...(ExpressionAttributeValues && {
          ExpressionAttributeValues: { ...ExpressionAttributeValues } as Record<string, string>,
        }),
      }),
    );

  test('without the index’s attributes is not in the index, and enters it with them', async () => {
    await put('sparse', 'only the sort key');
    expect(await keysIn('sparse')).toEqual([]);
    await update('sparse', 'SET list_pk = :p', { ':p': 'sparse' });
    expect(await keysIn('sparse')).toEqual(['sparse']);
  });

  test('leaves the index when an update removes them', async () => {
    await put('leaving', 'x', { list_pk: 'leaving' });
    expect(await keysIn('leaving')).toEqual(['leaving']);
    await update('leaving', 'REMOVE list_pk, list_sk');
    expect(await keysIn('leaving')).toEqual([]);
  });

  test('moves within the index, leaving nothing behind', async () => {
    await put('moving', 'b', { list_pk: 'from' });
    await update('moving', 'SET list_pk = :p', { ':p': 'to' });
    expect([await keysIn('from'), await keysIn('to')]).toEqual([[], ['moving']]);
    await put('moving', 'c', { list_pk: 'to', kind: 'new' });
    expect((await query('to')).Items).toEqual([{ pk: 'moving', list_pk: 'to', list_sk: 'c', kind: 'new' }]);
  });

  test('that is deleted is in the index no more', async () => {
    await put('deleted', 'x', { list_pk: 'deleted' });
    await documents.send(new DeleteCommand({ TableName, Key: { pk: 'deleted' } }));
    expect(await keysIn('deleted')).toEqual([]);
  });
});

test('a table that gets an index later has its items in it, and one that loses it has not', async () => {
  const dir = temporaryDirectory();
  const plain = await openThings(dir);
  for (const n of [2, 1]) {
    const Item = { pk: { S: `n${n}` }, list_pk: { S: 'p' }, list_sk: { S: String(n) } };
    await plain.handle('PutItem', { TableName, Item });
  }
  await plain.close();

  const indexed = await openThings(dir, INDEXED);
  onTestFinished(() => indexed.close().catch(() => {}));
  expect(await indexed.handle('Query', ofPartition('p'))).toMatchObject({
    Items: [{ pk: { S: 'n1' } }, { pk: { S: 'n2' } }],
  });
  await indexed.close();

  const again = await openThings(dir, DEFINITION);
  onTestFinished(() => again.close());
  await expect(again.handle('Query', ofPartition('p'))).rejects.toMatchObject({
    code: 'ValidationException',
  });
});
