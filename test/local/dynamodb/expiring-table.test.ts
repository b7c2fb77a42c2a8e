import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DynamoDb } from '../../../local/dynamodb/service.ts';
import { startTimeToLive } from '../../../local/dynamodb/time-to-live.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { EXPIRING, NOW } from './expiring-table.ts';
import { openThings, READER } from './table-definition.ts';

const TableName = EXPIRING.name;
const TIME_TO_LIVE = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

/** The service, with a clock that stands until it is set. */
async function open({ dir = temporaryDirectory(), definition = EXPIRING } = {}) {
  const clock = { seconds: NOW };
  const now = () => new Date(clock.seconds * 1000);
  const dynamodb = await DynamoDb.open(dir, [{ definition, readers: [READER] }], now);
  onTestFinished(() => dynamodb.close().catch(() => {}));
  const table = dynamodb.table(TableName);
  const put = (pk: string, ttl: object) =>
    table.handle('PutItem', { TableName, Item: { pk: { S: pk }, ttl } });
  const has = async (pk: string) => {
    const answer = (await table.handle('GetItem', { TableName, Key: { pk: { S: pk } } })) as object;
    return 'Item' in answer;
  };
  return { dynamodb, table, clock, put, has };
}

const at = (seconds: number) => ({ N: String(seconds) });

describe.each([
  ['with a stream', EXPIRING],
  ['without a stream', (({ streamArn: _, ...plain }) => plain)(EXPIRING)],
])('a table %s', (_, definition) => {
  test('loses its items when the clock has passed their time', async () => {
    const { dynamodb, clock, put, has } = await open({ definition });
    await put('a', at(NOW + 10));
    await put('b', at(NOW + 20));
    clock.seconds = NOW + 10;
    expect(await dynamodb.removeExpired()).toBe(0);
    clock.seconds = NOW + 11;
    expect(await dynamodb.removeExpired()).toBe(1);
    expect([await has('a'), await has('b')]).toEqual([false, true]);
    clock.seconds = NOW + 100;
    expect(await dynamodb.removeExpired()).toBe(1);
    expect(await dynamodb.removeExpired()).toBe(0);
  });

  test('keeps items that were renewed, that have no time, and whose time is of another kind', async () => {
    const { dynamodb, table, clock, put, has } = await open({ definition });
    for (const pk of ['renewed', 'kept', 'deleted']) await put(pk, at(NOW + 10));
    await put('text', { S: String(NOW + 10) });
    await put('years ago', at(NOW - 6 * 365 * 86_400));
    await put('renewed', at(NOW + 1000));
    const Key = { pk: { S: 'kept' } };
    const remove = { UpdateExpression: 'REMOVE #ttl', ExpressionAttributeNames: { '#ttl': 'ttl' } };
    await table.handle('UpdateItem', { TableName, Key, ...remove });
    await table.handle('DeleteItem', { TableName, Key: { pk: { S: 'deleted' } } });
    clock.seconds = NOW + 100;
    expect(await dynamodb.removeExpired()).toBe(0);
    for (const pk of ['renewed', 'kept', 'text', 'years ago']) expect(await has(pk)).toBe(true);
  });

  test('knows after a restart what expires', async () => {
    const dir = temporaryDirectory();
    const first = await open({ dir, definition });
    await first.put('a', at(NOW - 1));
    await first.put('b', at(NOW + 1));
    await first.dynamodb.close();
    const second = await open({ dir, definition });
    expect(await second.dynamodb.removeExpired()).toBe(1);
    expect([await second.has('a'), await second.has('b')]).toEqual([false, true]);
  });
});

test('a refused write changes nothing of when an item expires', async () => {
  const { dynamodb, table, put } = await open();
  await put('a', at(NOW - 1));
  const Item = { pk: { S: 'a' }, ttl: at(NOW + 100) };
  const refused = table.handle('PutItem', {
    TableName,
    Item,
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await expect(refused).rejects.toMatchObject({ code: 'ConditionalCheckFailedException' });
  await expect(table.handle('PutItem', { TableName, Item: { ttl: at(1) } })).rejects.toMatchObject({
    code: 'ValidationException',
  });
  expect(await dynamodb.removeExpired()).toBe(1);
});

test('killed 4 times while it removes, each item that was removed has one record of it, in the service’s name', async () => {
  const dir = temporaryDirectory();
  for (let kills = 0; kills < 4; kills++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'expiring-table-writer.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    await sleep(Math.random() * 100);
    writer.kill('SIGKILL');
    await once(writer, 'close');
  }
  const table = await openThings(dir, EXPIRING);
  onTestFinished(() => table.close());
  await table.removeAllExpired(NOW);
  const records = table.stream.undelivered();
  const namesOf = (event: string) =>
    records
      .filter(({ eventName }) => eventName === event)
      .map(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S)
      .toSorted();
  expect(namesOf('INSERT').length).toBeGreaterThan(0);
  expect(namesOf('REMOVE')).toEqual(namesOf('INSERT'));
  for (const record of records.filter(({ eventName }) => eventName === 'REMOVE'))
    expect(record).toMatchObject({ userIdentity: TIME_TO_LIVE });
});

test('Time to Live runs again and again, also after it has failed, until it is closed', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const run = vi.fn(async () => {
    if (run.mock.calls.length === 1) throw new Error('once');
  });
  const timeToLive = startTimeToLive(run, 0.001);
  await expect.poll(() => run.mock.calls.length).toBeGreaterThan(2);
  await timeToLive.close();
  const { length } = run.mock.calls;
  await sleep(20);
  expect(run.mock.calls.length).toBe(length);
  expect(log).toHaveBeenCalledOnce();
});
