import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { expect, onTestFinished, test, vi } from 'vitest';
import { StreamLog, type StreamReader } from '../../../local/dynamodb/stream-log.ts';
import { sequenceNumberOf } from '../../../local/dynamodb/stream-record.ts';
import { readPattern } from '../../../local/event-pattern/pattern.ts';
import { EventSourceMapping } from '../../../local/lambda/event-source-mapping.ts';
import type {
  DiscardedBatch,
  EventSourceMappingOptions,
  EventSourceMappingSettings,
} from '../../../local/lambda/mapping.ts';
import { makeDir, READER, STREAM_ARN } from '../dynamodb/table-definition.ts';

const SETTINGS: EventSourceMappingSettings = {
  batchSize: 100,
  parallelizationFactor: 1,
  maximumRecordAgeInSeconds: -1,
  maximumRetryAttempts: -1,
  bisect: false,
  reportBatchItemFailures: true,
};

const openLog = (path = join(makeDir(), 'stream.jsonl'), now?: () => number) =>
  new StreamLog(path, { streamArn: STREAM_ARN, readers: [READER], ...(now && { now }) });

/** Adds a record for each name: of the item `a1` the key is `a`. */
function add(log: StreamLog, ...names: string[]): void {
  for (const name of names) {
    log.intend({ keys: { pk: { S: String(name[0]) } } });
    log.settle({ name: { S: name } });
  }
}

const nameOf = (record: DynamoDBRecord) => String(record.dynamodb?.NewImage?.['name']?.S);
const failures = (records: readonly DynamoDBRecord[], ...names: string[]) => ({
  batchItemFailures: records
    .filter((record) => names.includes(nameOf(record)))
    .map((record) => ({ itemIdentifier: sequenceNumberOf(record) })),
});

type Answer = (records: readonly DynamoDBRecord[], names: string[]) => unknown;

interface Run {
  readonly log: StreamLog;
  readonly reader: StreamReader;
  readonly mapping: EventSourceMapping;
  /** The names in each batch that the function was given. */
  readonly batches: string[][];
  readonly discarded: DiscardedBatch[];
  /** Resolves once nothing is undelivered. */
  done(): Promise<void>;
}

function start(
  log: StreamLog,
  settings: Partial<EventSourceMappingSettings>,
  answer: Answer = () => undefined,
  other: Partial<EventSourceMappingOptions> = {},
): Run {
  const batches: string[][] = [];
  const discarded: DiscardedBatch[] = [];
  const reader = log.reader(READER);
  const mapping = new EventSourceMapping({
    stream: reader,
    settings: { ...SETTINGS, ...settings },
    firstBackoffMs: 1,
    async invoke({ Records }: DynamoDBStreamEvent) {
      const names = Records.map(nameOf);
      batches.push(names);
      return answer(Records, names);
    },
    async onDiscard(batch) {
      discarded.push(batch);
    },
    ...other,
  });
  mapping.start();
  onTestFinished(() => mapping.close());
  const done = () => expect.poll(() => log.undelivered().length, { timeout: 5_000, interval: 5 }).toBe(0);
  return { log, reader, mapping, batches, discarded, done };
}

/** Fails the first `times` batches that hold `name`. */
function throwOn(name: string, times = Number.POSITIVE_INFINITY): Answer {
  let left = times;
  return (_, names) => {
    if (names.includes(name) && left-- > 0) throw new Error(`not ${name}`);
  };
}

test('records go out in batches, in their order, those from before the start too', async () => {
  const log = openLog();
  add(log, 'a1', 'b1', 'a2');
  const { batches, done } = start(log, { batchSize: 2 });
  await done();
  add(log, 'a3', 'a4', 'a5');
  await done();
  expect(batches).toEqual([['a1', 'b1'], ['a2'], ['a3', 'a4'], ['a5']]);
});

test('what comes soon after a batch is put together in the next one', async () => {
  const log = openLog();
  const run = start(log, {});
  add(log, 'a1');
  await run.done();
  for (const name of ['b1', 'c1', 'd1']) {
    add(log, name);
    await nextTurn();
    await nextTurn();
  }
  await run.done();
  expect(run.batches).toEqual([['a1'], ['b1', 'c1', 'd1']]);
});

test.each([null, undefined, {}, { batchItemFailures: null }, { batchItemFailures: [] }])(
  'the answer %j is success',
  async (answer) => {
    const log = openLog();
    add(log, 'a1', 'a2');
    const { batches, done } = start(log, {}, () => answer);
    await done();
    expect(batches).toEqual([['a1', 'a2']]);
  },
);

test('of the records that failed, the lowest is the one to go on from', async () => {
  const log = openLog();
  add(log, 'a1', 'a2', 'a3', 'a4', 'a5');
  let calls = 0;
  const { batches, done, discarded } = start(log, { bisect: true }, (records) =>
    calls++ === 0 ? { batchItemFailures: failures(records, 'a3', 'a4').batchItemFailures.reverse() } : null,
  );
  await done();
  expect(batches).toEqual([
    ['a1', 'a2', 'a3', 'a4', 'a5'],
    ['a3', 'a4', 'a5'],
  ]);
  expect(discarded).toEqual([]);
});

test('what was delivered of a batch is not delivered again after a restart', async () => {
  const path = join(makeDir(), 'stream.jsonl');
  const log = openLog(path);
  add(log, 'a1', 'a2', 'a3');
  const first = start(log, {}, (records) => failures(records, 'a2'), { firstBackoffMs: 10_000 });
  await expect.poll(() => log.undelivered().length).toBe(2);
  await first.mapping.close();
  log.close();
  const second = start(openLog(path), {});
  await second.done();
  expect(second.batches).toEqual([['a2', 'a3']]);
});

test.each<[string, unknown]>([
  ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: '1' }] }],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['another key', { batchItemFailures: [{ sequenceNumber: '1' }] }],
  ['no list', { batchItemFailures: 'all' }],
  ['no object', 'done'],
])('an answer with %s fails the whole batch', async (_, answer) => {
  const log = openLog();
  add(log, 'a1', 'a2');
  let calls = 0;
  const { batches, done } = start(log, {}, () => (calls++ === 0 ? answer : null));
  await done();
  expect(batches).toEqual([
    ['a1', 'a2'],
    ['a1', 'a2'],
  ]);
});

test('an answer is not read where item failures are not reported', async () => {
  const log = openLog();
  add(log, 'a1', 'a2');
  const { batches, done } = start(log, { reportBatchItemFailures: false }, (records) =>
    failures(records, 'a1'),
  );
  await done();
  expect(batches).toEqual([['a1', 'a2']]);
});

test('a batch that throws is tried again whole', async () => {
  const log = openLog();
  add(log, 'a1', 'a2');
  const { batches, done } = start(log, {}, throwOn('a1', 3));
  await done();
  expect(batches).toEqual(Array(4).fill(['a1', 'a2']));
});

test('the time between attempts doubles, and starts anew once records are delivered', async () => {
  const log = openLog();
  add(log, 'a1', 'a2');
  const times: number[] = [];
  let calls = 0;
  const { done } = start(
    log,
    {},
    (records) => {
      times.push(performance.now());
      if (calls++ < 3) throw new Error('not yet');
      return calls === 4 ? failures(records, 'a2') : null;
    },
    { firstBackoffMs: 40 },
  );
  await done();
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  for (const [index, least] of [40, 80, 160, 40].entries()) expect(gaps[index]).toBeGreaterThan(least - 2);
  expect(gaps[3]).toBeLessThan(160);
});

test('bisect isolates the record that fails, in order, at no cost of attempts', async () => {
  const log = openLog();
  add(log, 'a1', 'a2', 'a3', 'a4');
  const run = start(log, { bisect: true, maximumRetryAttempts: 1 }, throwOn('a3'));
  await run.done();
  expect(run.batches).toEqual([['a1', 'a2', 'a3', 'a4'], ['a1', 'a2'], ['a3', 'a4'], ['a3'], ['a3'], ['a4']]);
  expect(run.discarded.map(({ records }) => records.map(nameOf))).toEqual([['a3']]);
});

test('without bisect, attempts that are used up discard the batch, whole records', async () => {
  const log = openLog();
  add(log, 'a1', 'a2');
  const records = log.undelivered();
  const { batches, discarded, done } = start(log, { maximumRetryAttempts: 2 }, throwOn('a2'));
  await done();
  expect(batches).toHaveLength(3);
  expect(discarded).toEqual([{ condition: 'RetryAttemptsExhausted', records, invokeCount: 3 }]);
});

test('attempts are counted from the last record that was delivered', async () => {
  const log = openLog();
  add(log, 'a1', 'a2', 'a3');
  const run = start(log, { maximumRetryAttempts: 1 }, (records, names) =>
    failures(records, names[1] ?? 'a3'),
  );
  await run.done();
  expect(run.batches).toEqual([['a1', 'a2', 'a3'], ['a2', 'a3'], ['a3']]);
  expect(run.discarded).toMatchObject([{ invokeCount: 2 }]);
});

test('records that are too old are discarded without the function, and the rest is delivered', async () => {
  let now = 1_000_000_000;
  const log = openLog(undefined, () => now);
  add(log, 'a1', 'b1');
  now += 61_000;
  add(log, 'a2');
  const { batches, discarded, done } = start(log, { maximumRecordAgeInSeconds: 60 }, undefined, {
    now: () => now,
  });
  await done();
  expect(batches).toEqual([['a2']]);
  expect(discarded.map(({ condition, records }) => [condition, records.map(nameOf)])).toEqual([
    ['RecordAgeExceeded', ['a1', 'b1']],
  ]);
});

test('a record that keeps failing is discarded once it is too old', async () => {
  let now = 1_000_000_000;
  const log = openLog(undefined, () => now);
  add(log, 'a1');
  const answer: Answer = () => {
    now += 20_000;
    throw new Error('never');
  };
  const { batches, discarded, done } = start(log, { maximumRecordAgeInSeconds: 60 }, answer, {
    now: () => now,
  });
  await done();
  expect(batches).toHaveLength(4);
  expect(discarded).toMatchObject([{ condition: 'RecordAgeExceeded', invokeCount: 4 }]);
});

test('what cannot be discarded is not given up', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  const log = openLog();
  add(log, 'a1');
  let refusals = 2;
  const { done, batches } = start(log, { maximumRetryAttempts: 0 }, throwOn('a1'), {
    async onDiscard() {
      if (refusals-- > 0) throw new Error('the disk is full');
    },
  });
  await done();
  expect(refusals).toBe(-1);
  expect(batches.length).toBeGreaterThan(1);
});

test('lanes work side by side, and an item is in one of them', async () => {
  const log = openLog();
  const pks = [...'abcdefghijklmno'];
  for (const round of [1, 2, 3]) add(log, ...pks.map((pk) => `${pk}${round}`));
  let running = 0;
  let most = 0;
  const seen: string[] = [];
  const { done } = start(log, { parallelizationFactor: 4, batchSize: 2 }, async (_, names) => {
    most = Math.max(most, ++running);
    await sleep(Math.random() * 10);
    running--;
    seen.push(...names);
  });
  await done();
  expect(most).toBe(4);
  for (const pk of pks) {
    expect(seen.filter((name) => name.startsWith(pk))).toEqual([`${pk}1`, `${pk}2`, `${pk}3`]);
  }
});

test('a lane that fails does not hold up the others', async () => {
  const log = openLog();
  const pks = [...'abcdefghijklmnop'];
  add(log, ...pks.map((pk) => `${pk}1`));
  const { batches } = start(log, { parallelizationFactor: 10, batchSize: 1 }, throwOn('a1'));
  await expect.poll(() => new Set(batches.flat()).size).toBeGreaterThan(10);
});

test('a batch that outlives the stop is delivered again after a restart, and no other', async () => {
  const path = join(makeDir(), 'stream.jsonl');
  const log = openLog(path);
  add(log, 'a1', 'a2', 'a3', 'a4');
  let answerLate = () => {};
  const first = start(log, { batchSize: 2 }, (_, names) =>
    names[0] === 'a1' ? null : new Promise<void>((resolve) => (answerLate = resolve)),
  );
  await expect.poll(() => first.batches.length).toBe(2);
  await first.mapping.close();
  const acknowledge = vi.spyOn(first.reader, 'acknowledge');
  answerLate();
  await sleep(10);
  expect(acknowledge).not.toHaveBeenCalled();
  log.close();

  const reopened = openLog(path);
  add(reopened, 'a5');
  const second = start(reopened, {});
  await second.done();
  expect(second.batches).toEqual([['a3', 'a4', 'a5']]);
});

test('a batch that ends while the mapping stops is acknowledged, and none is begun', async () => {
  const log = openLog();
  add(log, 'a1', 'a2');
  const { mapping, batches } = start(log, { batchSize: 1 }, () => sleep(50));
  await expect.poll(() => batches.length).toBe(1);
  await mapping.close();
  add(log, 'a3');
  await sleep(20);
  expect(batches).toEqual([['a1']]);
  expect(log.undelivered().map(nameOf)).toEqual(['a2', 'a3']);
});

test('a stop does not wait for the time between attempts', async () => {
  const log = openLog();
  add(log, 'a1');
  const { mapping, batches } = start(log, {}, throwOn('a1'), { firstBackoffMs: 10_000 });
  await expect.poll(() => batches.length).toBe(1);
  const before = performance.now();
  await mapping.close();
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(log.undelivered()).toHaveLength(1);
});

const named = (...texts: unknown[]) => readPattern({ dynamodb: { NewImage: { name: { S: texts } } } });

test('records that no filter lets through are done with, and the others are delivered', async () => {
  const log = openLog();
  add(log, 'a1', 'b1');
  const filters = [named('a1', 'a2'), named({ prefix: 'c' })];
  const { reader, batches, done } = start(log, {}, undefined, { filters });
  const acknowledge = vi.spyOn(reader, 'acknowledge');
  await done();
  add(log, 'a2', 'b2', 'c1', 'a3');
  await done();
  expect(batches).toEqual([['a1'], ['a2', 'c1']]);
  const acknowledged = acknowledge.mock.calls.flatMap(([records]) => records.map(nameOf));
  expect(acknowledged.toSorted()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
});

test('a record that is filtered out does not wait for one that fails', async () => {
  const log = openLog();
  add(log, 'a1', 'b1', 'b2');
  const { batches } = start(log, {}, throwOn('a1'), {
    filters: [named({ prefix: 'a' })],
    firstBackoffMs: 1_000,
  });
  await expect.poll(() => log.undelivered().map(nameOf)).toEqual(['a1']);
  expect(batches).toEqual([['a1']]);
});

test('what is filtered out is not delivered after a restart, even to a mapping without filters', async () => {
  const path = join(makeDir(), 'stream.jsonl');
  const log = openLog(path);
  const first = start(log, {}, undefined, { filters: [named('b1')] });
  add(log, 'a1', 'a2');
  await first.mapping.close();
  log.close();
  const reopened = openLog(path);
  add(reopened, 'a3');
  const second = start(reopened, {});
  await second.done();
  expect(second.batches).toEqual([['a3']]);
});

test('what cannot be written down as filtered out is done with later', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  const log = openLog();
  const { reader, batches, done } = start(log, {}, undefined, { filters: [named('b1')] });
  const acknowledge = vi.spyOn(reader, 'acknowledge').mockImplementationOnce(() => {
    throw new Error('the disk is full');
  });
  add(log, 'a1');
  await expect.poll(() => acknowledge).toHaveBeenCalled();
  expect(log.undelivered()).toHaveLength(1);
  add(log, 'a2');
  await done();
  expect(batches).toEqual([]);
});
