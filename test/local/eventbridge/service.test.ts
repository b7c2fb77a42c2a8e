import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeEventBusCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bus } from '../../../local/eventbridge/bus.ts';
import type { StoredEvent } from '../../../local/eventbridge/put-events.ts';
import { makeDir } from '../dynamodb/table-definition.ts';
import { type Services, startServices } from '../services.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

const entry: PutEventsRequestEntry = {
  EventBusName: 'raw',
  Source: 'test',
  DetailType: 'thing_done',
  Detail: '{"b":1,"a":[null]}',
  Time: new Date('2026-01-02T03:04:05.678Z'),
};

const put = (...Entries: PutEventsRequestEntry[]) => services.events.send(new PutEventsCommand({ Entries }));

test('an event is kept in EventBridge’s envelope, and told to those who listen', async () => {
  const heard: StoredEvent[] = [];
  const unsubscribe = services.bus.subscribe((event) => heard.push(event));
  const { FailedEntryCount, Entries } = await put(entry);
  unsubscribe();
  expect(FailedEntryCount).toBe(0);
  expect(services.bus.events().at(-1)).toEqual({
    version: '0',
    id: Entries?.[0]?.EventId,
    'detail-type': 'thing_done',
    source: 'test',
    account: '000000000000',
    time: '2026-01-02T03:04:05Z',
    region: 'us-east-1',
    resources: [],
    detail: { b: 1, a: [null] },
  });
  expect(heard).toEqual([services.bus.events().at(-1)]);
  await put(entry);
  expect(heard).toHaveLength(1);
});

test('without a time, it is now', async () => {
  const { Time: _, ...timeless } = entry;
  await put(timeless);
  const { time } = services.bus.events().at(-1) as StoredEvent;
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(5_000);
});

test('a bus can be named by its ARN', async () => {
  const EventBusName = 'arn:aws:events:us-east-1:000000000000:event-bus/raw';
  expect((await put({ ...entry, EventBusName })).FailedEntryCount).toBe(0);
});

test.each<[string, PutEventsRequestEntry, string]>([
  ['no source', { Source: undefined }, 'InvalidArgument'],
  ['an empty source', { Source: '' }, 'InvalidArgument'],
  ['no detail type', { DetailType: undefined }, 'InvalidArgument'],
  ['no detail', { Detail: undefined }, 'InvalidArgument'],
  ['detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
  ['detail that is an array', { Detail: '[]' }, 'MalformedDetail'],
  ['detail that is null', { Detail: 'null' }, 'MalformedDetail'],
  ['a source of AWS', { Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
  ['another bus', { EventBusName: 'other' }, 'ResourceNotFoundException'],
])('an entry with %s fails, and the others do not', async (_, fault, code) => {
  const before = services.bus.events().length;
  const { FailedEntryCount, Entries } = await put(entry, { ...entry, ...fault }, entry);
  expect(FailedEntryCount).toBe(1);
  expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, code, undefined]);
  expect(services.bus.events().length).toBe(before + 2);
});

test.each([
  ['no entries', []],
  ['eleven entries', Array(11).fill(entry)],
  ['more than 256 KiB', Array(2).fill({ ...entry, Detail: JSON.stringify({ text: 'é'.repeat(66_000) }) })],
])('a call with %s is refused whole', async (_, entries) => {
  const before = services.bus.events().length;
  await expect(put(...entries)).rejects.toMatchObject({
    name: 'ValidationException',
    $metadata: { httpStatusCode: 400 },
  });
  expect(services.bus.events().length).toBe(before);
});

test('ten entries of 256 KiB in all are taken', async () => {
  const { Source = '', DetailType = '' } = entry;
  const overhead = Source.length + DetailType.length + 14 + '{"t":""}'.length;
  const details = Array.from({ length: 10 }, (_, index) => {
    const total = index < 9 ? 26_000 : 256 * 1024 - 9 * 26_000;
    return JSON.stringify({ t: 'x'.repeat(total - overhead) });
  });
  expect((await put(...details.map((Detail) => ({ ...entry, Detail })))).FailedEntryCount).toBe(0);
  const oneMore = details.map((Detail, index) => ({ ...entry, Detail: index ? Detail : `${Detail} ` }));
  await expect(put(...oneMore)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('events outlive the process, but for one that was being written', async () => {
  const dir = makeDir();
  const bus = new Bus(dir);
  await put(entry);
  const [kept] = services.bus.events() as [StoredEvent];
  for (const type of ['first', 'second']) bus.put({ ...kept, 'detail-type': type });
  // A process that is killed closes nothing.
  const path = join(dir, 'events.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -5));
  const reopened = new Bus(dir);
  expect(reopened.events().map((event) => event['detail-type'])).toEqual(['first']);
  reopened.put({ ...kept, 'detail-type': 'third' });
  reopened.close();
  appendFileSync(path, '{"version":"0","id"');
  const again = new Bus(dir);
  expect(again.events().map((event) => event['detail-type'])).toEqual(['first', 'third']);
  again.close();
  bus.close();
});

test.each(['raw', 'arn:aws:events:us-east-1:000000000000:event-bus/raw'])(
  'a bus is there: %s',
  async (Name) => {
    expect(await services.events.send(new DescribeEventBusCommand({ Name }))).toMatchObject({
      Name: 'raw',
      Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/raw',
    });
  },
);

test('a bus is not there', async () => {
  await expect(services.events.send(new DescribeEventBusCommand({ Name: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('the account’s bus is there beside it, and each has its own events', async () => {
  expect(await services.events.send(new DescribeEventBusCommand())).toMatchObject({
    Name: 'default',
    Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
  });
  const before = services.bus.events().length;
  const { Entries } = await put({ ...entry, EventBusName: undefined });
  expect(services.defaultBus.events().map(({ id }) => id)).toEqual([Entries?.[0]?.EventId]);
  expect(services.bus.events().length).toBe(before);
});
