import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { StreamLog } from '../../../local/dynamodb/stream-log.ts';
import { sequenceNumberOf } from '../../../local/dynamodb/stream-record.ts';
import { makeDir, openThings, READER, STREAM_ARN } from './table-definition.ts';

const item = (pk: string, n: number) => ({ pk: { S: pk }, n: { N: String(n) } });
const keys = (pk: string) => ({ pk: { S: pk } });
const open = (path: string) => new StreamLog(path, { streamArn: STREAM_ARN, readers: [READER] });
const news = (log: StreamLog) => log.undelivered().map(({ dynamodb }) => dynamodb?.NewImage);
const lines = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** A log whose process was killed after it wrote `a` as 1, and then had gone as far as `until`. */
function killed(until: 'intent' | 'record', torn = 0): string {
  const path = join(makeDir(), 'stream.jsonl');
  const log = open(path);
  log.intend({ keys: keys('a') });
  log.settle(item('a', 1));
  log.intend({ keys: keys('a'), old: item('a', 1) });
  if (until === 'record') log.settle(item('a', 2));
  if (torn > 0) writeFileSync(path, readFileSync(path).subarray(0, -torn));
  return path;
}

test('killed before the write: there is nothing to tell', () => {
  const log = open(killed('intent'));
  expect(log.pending).toEqual({ keys: keys('a'), old: item('a', 1) });
  log.settle(item('a', 1));
  expect(news(log)).toEqual([item('a', 1)]);
  expect(log.pending).toBeUndefined();
  log.close();
});

test('killed between the write and the record: the record is made', () => {
  const path = killed('intent');
  const log = open(path);
  log.settle(item('a', 2));
  expect(news(log)).toEqual([item('a', 1), item('a', 2)]);
  expect(log.undelivered()[1]?.dynamodb?.OldImage).toEqual(item('a', 1));
  log.close();
  const again = open(path);
  expect(again.pending).toBeUndefined();
  expect(news(again)).toEqual([item('a', 1), item('a', 2)]);
  again.close();
});

test('killed after the record: it is there once', () => {
  const log = open(killed('record'));
  expect(log.pending).toBeUndefined();
  expect(news(log)).toEqual([item('a', 1), item('a', 2)]);
  log.close();
});

test.each([1, 2, 40])('killed while the record was written, %i bytes before its end', (torn) => {
  const log = open(killed('record', torn));
  expect(log.pending).toEqual({ keys: keys('a'), old: item('a', 1) });
  log.settle(item('a', 2));
  expect(news(log)).toEqual([item('a', 1), item('a', 2)]);
  log.close();
});

test('killed while the intent was written: the write was not begun', () => {
  const log = open(killed('intent', 3));
  expect(log.pending).toBeUndefined();
  expect(news(log)).toEqual([item('a', 1)]);
  log.close();
});

test('what is done with is not kept, and its numbers are not used again', () => {
  const path = join(makeDir(), 'stream.jsonl');
  const log = open(path);
  for (const pk of ['a', 'b', 'c']) {
    log.intend({ keys: keys(pk) });
    log.settle(item(pk, 1));
  }
  const [a, b, c] = log.undelivered() as [DynamoDBRecord, DynamoDBRecord, DynamoDBRecord];
  log.reader(READER).acknowledge([a]);
  log.reader(READER).acknowledge([c]);
  log.intend({ keys: keys('d') });
  log.close();

  for (let restarts = 0; restarts < 2; restarts++) {
    const reopened = open(path);
    expect(reopened.undelivered()).toEqual([b]);
    expect(reopened.pending).toEqual({ keys: keys('d') });
    expect(lines(path)).toHaveLength(3);
    reopened.close();
  }
  const last = open(path);
  last.settle(item('d', 1));
  expect(last.undelivered().map(sequenceNumberOf)).toEqual([
    sequenceNumberOf(b),
    String(BigInt(sequenceNumberOf(c)) + 1n),
  ]);
  last.close();
});

test('a log that was being compacted is the old one', () => {
  const path = killed('record');
  writeFileSync(`${path}.new`, '{"record":{"dyn', { mode: 0o600 });
  const log = open(path);
  expect(news(log)).toEqual([item('a', 1), item('a', 2)]);
  expect(existsSync(`${path}.new`)).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  log.close();
});

test('one write at a time', () => {
  const log = open(join(makeDir(), 'stream.jsonl'));
  expect(() => log.settle(undefined)).toThrow('no write');
  log.intend({ keys: keys('a') });
  expect(() => log.intend({ keys: keys('b') })).toThrow('not settled');
  log.close();
});

test('a table ends what a crash has left open', async () => {
  const dir = makeDir();
  const TableName = 'things';
  const table = await openThings(dir);
  await table.handle('PutItem', { TableName, Item: item('a', 1) });
  await table.close();
  const path = join(dir, 'stream.jsonl');
  const kept = lines(path);
  for (const [old, expected] of [
    [item('a', 0), [item('a', 1), item('a', 1)]],
    [undefined, [item('a', 1), item('a', 1)]],
    [item('a', 1), [item('a', 1)]],
  ] as const) {
    writeFileSync(path, kept.map((line) => `${line}\n`).join(''));
    appendFileSync(path, `${JSON.stringify({ intent: { keys: keys('a'), old } })}\n`);
    const reopened = await openThings(dir);
    expect(reopened.stream.pending).toBeUndefined();
    expect(news(reopened.stream)).toEqual(expected);
    await reopened.close();
  }
});
