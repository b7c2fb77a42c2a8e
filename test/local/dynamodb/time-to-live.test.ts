import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Item } from '../../../local/dynamodb/dynalite-store.ts';
import { openTable } from '../../../local/dynamodb/open-table.ts';
import type { Table } from '../../../local/dynamodb/table.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { DEFINITION, openThings } from './table-definition.ts';

const TableName = DEFINITION.name;
const Key = { pk: { S: 'a' } };
const NOW = 1_700_000_000;
const expired = { ...Key, ttl: { N: String(NOW - 1) }, status: { S: 'presigned' } };
const TIME_TO_LIVE = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

async function open(dir = temporaryDirectory()): Promise<Table> {
  const table = await openThings(dir);
  onTestFinished(() => table.close().catch(() => {}));
  return table;
}

const put = (table: Table, Item: Item) => table.handle('PutItem', { TableName, Item });
const itemIn = async (table: Table) => (await table.handle('GetItem', { TableName, Key })) as { Item?: Item };
const lastRecord = (table: Table) => table.stream.undelivered().at(-1);

test('a removal by Time to Live is a REMOVE record with the old image, in the service’s name', async () => {
  const table = await open();
  await put(table, expired);
  expect(await table.removeExpired(Key, 'ttl', NOW)).toBe(true);
  expect(await itemIn(table)).toEqual({});
  expect(lastRecord(table)).toMatchObject({
    eventName: 'REMOVE',
    userIdentity: TIME_TO_LIVE,
    dynamodb: { Keys: Key, OldImage: expired },
  });
  expect(lastRecord(table)?.dynamodb).not.toHaveProperty('NewImage');
});

test('a removal by a caller is a REMOVE record with the old image, in nobody’s name', async () => {
  const table = await open();
  await put(table, expired);
  await table.handle('DeleteItem', { TableName, Key });
  expect(lastRecord(table)).toMatchObject({
    eventName: 'REMOVE',
    dynamodb: { Keys: Key, OldImage: expired },
  });
  expect(lastRecord(table)).not.toHaveProperty('userIdentity');
});

test.each<[string, Item]>([
  ['not expired yet', { ...Key, ttl: { N: String(NOW) } }],
  ['renewed', { ...Key, ttl: { N: String(NOW + 900) } }],
  ['that never expires', Key],
  ['whose attribute is no number', { ...Key, ttl: { S: String(NOW - 1) } }],
])('an item %s stays, and makes no record', async (_, item) => {
  const table = await open();
  await put(table, item);
  const before = table.stream.undelivered();
  expect(await table.removeExpired(Key, 'ttl', NOW)).toBe(false);
  expect(await itemIn(table)).toEqual({ Item: item });
  expect(table.stream.undelivered()).toEqual(before);
  expect(table.stream.pending).toBeUndefined();
});

test('an item that is gone is not removed', async () => {
  const table = await open();
  expect(await table.removeExpired(Key, 'ttl', NOW)).toBe(false);
  expect(table.stream.undelivered()).toEqual([]);
});

test('of a renewal and a removal at once, what comes first decides', async () => {
  const table = await open();
  await put(table, expired);
  const renewed = { ...expired, ttl: { N: String(NOW + 900) } };
  const [, removed] = await Promise.all([put(table, renewed), table.removeExpired(Key, 'ttl', NOW)]);
  expect(removed).toBe(false);
  expect(await itemIn(table)).toEqual({ Item: renewed });
});

test('killed after the removal and before its record, the record is made, in the service’s name', async () => {
  const dir = temporaryDirectory();
  await (await open(dir)).close();
  const intent = { keys: Key, old: expired, userIdentity: TIME_TO_LIVE };
  appendFileSync(join(dir, 'stream.jsonl'), `${JSON.stringify({ intent })}\n`);
  const reopened = await open(dir);
  expect(lastRecord(reopened)).toMatchObject({
    eventName: 'REMOVE',
    userIdentity: TIME_TO_LIVE,
    dynamodb: { OldImage: expired },
  });
});

test('killed before the removal, there is nothing to tell', async () => {
  const dir = temporaryDirectory();
  const first = await open(dir);
  await put(first, expired);
  await first.close();
  const intent = { keys: Key, old: expired, userIdentity: TIME_TO_LIVE };
  appendFileSync(join(dir, 'stream.jsonl'), `${JSON.stringify({ intent })}\n`);
  const reopened = await open(dir);
  expect(reopened.stream.undelivered().map(({ eventName }) => eventName)).toEqual(['INSERT']);
  expect(await itemIn(reopened)).toEqual({ Item: expired });
});

test('a table without a stream removes what has expired too', async () => {
  const { streamArn: _, ...definition } = DEFINITION;
  const table = await openTable({ dir: temporaryDirectory(), definition });
  onTestFinished(() => table.close());
  await put(table, expired);
  expect(await table.removeExpired(Key, 'ttl', NOW)).toBe(true);
  expect(await itemIn(table)).toEqual({});
  expect(() => table.stream).toThrow('The table things has no stream');
});
