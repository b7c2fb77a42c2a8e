import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Dynalite } from '../../../local/dynamodb/dynalite.ts';
import { sequenceNumberOf } from '../../../local/dynamodb/stream-record.ts';
import { type Services, startServices } from '../services.ts';
import { DEFINITION, makeDir, openThings, READER, STREAM_ARN } from './table-definition.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

const TableName = 'things';
const send: Services['documents']['send'] = (...args: [never]) => services.documents.send(...args);
const put = (Item: PutCommandInput['Item'], other: object = {}) =>
  send(new PutCommand({ TableName, Item, ...other }));

/** The records that `write` makes. */
async function recordsOf(write: () => Promise<unknown>): Promise<DynamoDBRecord[]> {
  const records: DynamoDBRecord[] = [];
  const unsubscribe = services.table.stream.subscribe((record) => records.push(record));
  await write();
  unsubscribe();
  return records;
}

const image = (value: object | undefined) => value && unmarshall(value as Record<string, AttributeValue>);
const images = ({ eventName, dynamodb }: DynamoDBRecord) => ({
  eventName,
  old: image(dynamodb?.OldImage),
  new: image(dynamodb?.NewImage),
});

test('an item is put, read, updated, queried and deleted', async () => {
  await put({ pk: 'a', n: 1, nested: { list: [1, 'x', null] }, bytes: Buffer.from([0, 255]) });
  await send(
    new UpdateCommand({
      TableName,
      Key: { pk: 'a' },
      UpdateExpression: 'SET n = n + :one',
      ExpressionAttributeValues: { ':one': 1 },
    }),
  );
  const item = { pk: 'a', n: 2, nested: { list: [1, 'x', null] }, bytes: new Uint8Array([0, 255]) };
  expect((await send(new GetCommand({ TableName, Key: { pk: 'a' } }))).Item).toEqual(item);
  const query = new QueryCommand({
    TableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': 'a' },
  });
  expect((await send(query)).Items).toEqual([item]);
  await send(new DeleteCommand({ TableName, Key: { pk: 'a' } }));
  expect((await send(query)).Items).toEqual([]);
});

test('a record is Lambda’s, with both images', async () => {
  const records = await recordsOf(async () => {
    await put({ pk: 'b', n: 1 });
    await put({ pk: 'b', n: 2 });
    await send(new DeleteCommand({ TableName, Key: { pk: 'b' } }));
  });
  expect(records[1]).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: expect.any(Number),
      Keys: { pk: { S: 'b' } },
      OldImage: { pk: { S: 'b' }, n: { N: '1' } },
      NewImage: { pk: { S: 'b' }, n: { N: '2' } },
      SequenceNumber: expect.stringMatching(/^\d{21}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: STREAM_ARN,
  });
  const created = records[1]?.dynamodb?.ApproximateCreationDateTime as number;
  expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(5);
  expect(records.map(images)).toEqual([
    { eventName: 'INSERT', old: undefined, new: { pk: 'b', n: 1 } },
    { eventName: 'MODIFY', old: { pk: 'b', n: 1 }, new: { pk: 'b', n: 2 } },
    { eventName: 'REMOVE', old: { pk: 'b', n: 2 }, new: undefined },
  ]);
  expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(3);
});

test('what changes nothing makes no record', async () => {
  await put({ pk: 'c', n: 1, m: 2 });
  const records = await recordsOf(async () => {
    await put({ m: 2, pk: 'c', n: 1 });
    await send(new DeleteCommand({ TableName, Key: { pk: 'absent' } }));
    const refused = put({ pk: 'c', n: 2 }, { ConditionExpression: 'attribute_not_exists(pk)' });
    await expect(refused).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });
  expect(records).toEqual([]);
});

test.each([
  ['of another table', { TableName: 'other', Item: { pk: { S: 'x' } } }, 'ResourceNotFoundException'],
  ['without a key', { TableName, Item: { n: { N: '1' } } }, 'ValidationException'],
  ['with a key of another type', { TableName, Item: { pk: { N: '1' } } }, 'ValidationException'],
  [
    'with a condition that cannot be read',
    { TableName, Item: { pk: { S: 'x' } }, ConditionExpression: '(' },
    'ValidationException',
  ],
  [
    'that asks for what there is not',
    { TableName, Item: { pk: { S: 'x' } }, ReturnValuesOnConditionCheckFailure: 'ALL_NEW' as never },
    'ValidationException',
  ],
])('an item %s is refused', async (_, input, name) => {
  const records = await recordsOf(async () => {
    await expect(send(new PutItemCommand(input) as never)).rejects.toMatchObject({ name });
  });
  expect(records).toEqual([]);
});

test('a refusal is that of the operation, and not of the reading before it', async () => {
  await expect(put({ n: 1 })).rejects.toThrow('Missing the key pk in the item');
});

test('a key that a put does not have is not taken for the item’s', async () => {
  const records = await recordsOf(() =>
    services.table.handle('PutItem', { TableName, Key: { pk: { S: 'decoy' } }, Item: { pk: { S: 'real' } } }),
  );
  expect(records.map(images)).toEqual([{ eventName: 'INSERT', old: undefined, new: { pk: 'real' } }]);
});

test('of many conditional writes at once one is made, and the stream has the order of the table', async () => {
  const records = await recordsOf(async () => {
    const create = { ConditionExpression: 'attribute_not_exists(pk)' };
    const creations = Array.from({ length: 20 }, (_, n) => put({ pk: 'd', by: n }, create));
    const outcomes = await Promise.allSettled(creations);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const add = new UpdateCommand({
      TableName,
      Key: { pk: 'd' },
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
    });
    await Promise.all(Array.from({ length: 30 }, () => send(add)));
  });
  expect(records.map(({ dynamodb }) => dynamodb?.NewImage?.['n']?.N)).toEqual([
    undefined,
    ...Array.from({ length: 30 }, (_, n) => String(n + 1)),
  ]);
  for (const [index, record] of records.entries()) {
    if (index > 0) expect(record.dynamodb?.OldImage).toEqual(records[index - 1]?.dynamodb?.NewImage);
  }
});

test('every changed image is one record, in order, whatever is written', async () => {
  const write = fc.record({
    op: fc.constantFrom('put', 'create', 'update', 'delete'),
    pk: fc.constantFrom('p', 'q'),
    v: fc.integer({ min: 0, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 20 }), async (writes) => {
      for (const pk of ['p', 'q']) await send(new DeleteCommand({ TableName, Key: { pk } }));
      const items = new Map<string, number>();
      const changes = writes.flatMap(({ op, pk, v }) => {
        const old = items.get(pk);
        const next = op === 'delete' ? undefined : op === 'create' ? (old ?? v) : v;
        if (next === undefined) items.delete(pk);
        else items.set(pk, next);
        return old === next ? [] : [{ pk, old, new: next }];
      });
      const records = await recordsOf(() => Promise.all(writes.map(make)));
      const seen = records.map(({ dynamodb }) => ({
        pk: dynamodb?.Keys?.['pk']?.S,
        old: image(dynamodb?.OldImage)?.['v'],
        new: image(dynamodb?.NewImage)?.['v'],
      }));
      expect(seen).toEqual(changes);
      const numbers = records.map(sequenceNumberOf);
      expect(numbers).toEqual([...new Set(numbers)].sort());
    }),
    { numRuns: 40 },
  );
});

async function make({ op, pk, v }: { op: string; pk: string; v: number }): Promise<void> {
  const Key = { pk: { S: pk } };
  const value = { N: String(v) };
  const Item = { ...Key, v: value };
  const ConditionExpression = 'attribute_not_exists(pk)';
  const { table } = services;
  if (op === 'put') await table.handle('PutItem', { TableName, Item });
  if (op === 'create')
    await table.handle('PutItem', { TableName, Item, ConditionExpression }).catch(() => {});
  if (op === 'delete') await table.handle('DeleteItem', { TableName, Key });
  if (op === 'update') {
    const UpdateExpression = 'SET v = :v';
    const ExpressionAttributeValues = { ':v': value };
    await table.handle('UpdateItem', { TableName, Key, UpdateExpression, ExpressionAttributeValues });
  }
}

test('a write whose outcome the store does not tell is in the stream all the same', async () => {
  const run = Dynalite.prototype.run;
  const failing = vi.spyOn(Dynalite.prototype, 'run').mockImplementation(async function (
    this: Dynalite,
    ...args
  ) {
    const output = await run.apply(this, args);
    if (args[0] === 'PutItem') throw new Error('the disk is gone');
    return output as never;
  });
  const records = await recordsOf(async () => {
    const Item = { pk: { S: 'e' } };
    await expect(services.table.handle('PutItem', { TableName, Item })).rejects.toThrow('the disk is gone');
  });
  failing.mockRestore();
  expect(records.map(images)).toEqual([{ eventName: 'INSERT', old: undefined, new: { pk: 'e' } }]);
});

test('items and what is undelivered outlive the process', async () => {
  const dir = makeDir();
  const first = await openThings(dir);
  const write = (table: typeof first, pk: string) =>
    table.handle('PutItem', { TableName, Item: { pk: { S: pk } } });
  for (const pk of ['a', 'b', 'c']) await write(first, pk);
  const [a, b, c] = first.stream.undelivered();
  first.stream.reader(READER).acknowledge([a, c] as DynamoDBRecord[]);
  await first.close();

  const second = await openThings(dir);
  expect(second.stream.undelivered()).toEqual([b]);
  expect(await second.handle('GetItem', { TableName, Key: { pk: { S: 'c' } } })).toEqual({
    Item: { pk: { S: 'c' } },
  });
  await write(second, 'd');
  const numbers = [c, second.stream.undelivered().at(-1)].map((record) =>
    sequenceNumberOf(record as DynamoDBRecord),
  );
  expect(numbers).toEqual([...numbers].sort());
  expect(new Set(numbers).size).toBe(2);
  await second.close();
});

test('a table that was made with another key is not opened', async () => {
  const dir = makeDir();
  await (await openThings(dir)).close();
  const definition = {
    ...DEFINITION,
    keySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }],
    attributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' as const }],
  };
  await expect(openThings(dir, definition)).rejects.toThrow('has another key');
  await (await openThings(dir)).close();
});
