import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamLog } from '../../../local/dynamodb/stream-log.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { STREAM_ARN } from './table-definition.ts';

const newPath = () => join(temporaryDirectory(), 'stream.jsonl');
const open = (path: string, ...readers: string[]) => new StreamLog(path, { streamArn: STREAM_ARN, readers });

function add(log: StreamLog, ...names: string[]): void {
  for (const name of names) {
    log.intend({ keys: { pk: { S: name } } });
    log.settle({ pk: { S: name } });
  }
}

const nameOf = (record: DynamoDBRecord) => String(record.dynamodb?.Keys?.['pk']?.S);
const left = (log: StreamLog, reader: string) => log.reader(reader).undelivered().map(nameOf);
const kept = (log: StreamLog) => log.undelivered().map(nameOf);
const finish = (log: StreamLog, reader: string, ...names: string[]) => {
  const stream = log.reader(reader);
  stream.acknowledge(stream.undelivered().filter((record) => names.includes(nameOf(record))));
};
const namesOnDisk = (path: string) =>
  ['a', 'b', 'c', 'd'].filter((name) =>
    readFileSync(path, 'utf8').includes(`"NewImage":{"pk":{"S":"${name}"}}`),
  );

test('each reader has a checkpoint of its own, also after a restart', () => {
  const path = newPath();
  const log = open(path, 'publish', 'settle');
  add(log, 'a', 'b', 'c');
  finish(log, 'publish', 'a', 'b');
  finish(log, 'settle', 'b');
  for (const opened of [log, open(path, 'publish', 'settle'), open(path, 'settle', 'publish')]) {
    expect(left(opened, 'publish')).toEqual(['c']);
    expect(left(opened, 'settle')).toEqual(['a', 'c']);
    opened.close();
  }
});

test('a record is dropped from disk once every reader is done with it', () => {
  const path = newPath();
  const log = open(path, 'publish', 'settle');
  add(log, 'a', 'b');
  finish(log, 'publish', 'a', 'b');
  expect(kept(log)).toEqual(['a', 'b']);
  finish(log, 'settle', 'a');
  expect(kept(log)).toEqual(['b']);
  log.close();
  open(path, 'publish', 'settle').close();
  expect(namesOnDisk(path)).toEqual(['b']);
});

test('a reader that is new starts at the oldest record that is kept, and is not given what was dropped', () => {
  const path = newPath();
  const log = open(path, 'publish');
  add(log, 'a', 'b', 'c');
  finish(log, 'publish', 'a');
  log.close();
  const second = open(path, 'publish', 'settle');
  expect(left(second, 'settle')).toEqual(['b', 'c']);
  expect(left(second, 'publish')).toEqual(['b', 'c']);
  finish(second, 'publish', 'b', 'c');
  second.close();
  expect(left(open(path, 'publish', 'settle'), 'settle')).toEqual(['b', 'c']);
});

test('a reader that goes away holds no record back, and comes back as a new one', () => {
  const path = newPath();
  const log = open(path, 'publish', 'settle');
  add(log, 'a', 'b');
  finish(log, 'publish', 'a');
  log.close();
  const without = open(path, 'publish');
  expect(kept(without)).toEqual(['b']);
  expect(namesOnDisk(path)).toEqual(['b']);
  expect(() => without.reader('settle')).toThrow('no reader settle');
  add(without, 'c');
  finish(without, 'publish', 'b');
  without.close();
  expect(left(open(path, 'publish', 'settle'), 'settle')).toEqual(['c']);
});

test('when one reader takes the place of another, it gets what the other was not done with', () => {
  const path = newPath();
  const log = open(path, 'old');
  add(log, 'a', 'b');
  finish(log, 'old', 'a');
  log.close();
  expect(left(open(path, 'new'), 'new')).toEqual(['b']);
});

test('without readers no record is kept, and sequence numbers still grow', () => {
  const path = newPath();
  const log = open(path);
  add(log, 'a');
  expect(kept(log)).toEqual([]);
  log.close();
  const second = open(path, 'publish');
  add(second, 'b');
  expect(second.undelivered().map(({ dynamodb }) => [dynamodb?.Keys, dynamodb?.SequenceNumber])).toEqual([
    [{ pk: { S: 'b' } }, '100000000000000000002'],
  ]);
  second.close();
});

test('a reader hears of records from when it subscribes', () => {
  const log = open(newPath(), 'publish');
  const heard: string[] = [];
  add(log, 'a');
  const stop = log.reader('publish').subscribe((record) => heard.push(nameOf(record)));
  add(log, 'b');
  stop();
  add(log, 'c');
  expect(heard).toEqual(['b']);
  log.close();
});

const READERS = ['p', 'q', 'r'] as const;
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('done' as const),
      reader: fc.constantFrom(...READERS),
      pick: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      readers: fc.uniqueArray(fc.constantFrom(...READERS)),
    }),
  },
);

test('whatever is added, done and restarted, every reader has just what it is not done with', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const path = newPath();
      let log = open(path, 'p');
      let readers: readonly string[] = ['p'];
      /** By record, the readers that are not done with it. */
      const model = new Map<string, Set<string>>();
      const drop = () => {
        for (const [name, waiting] of model) if (waiting.size === 0) model.delete(name);
      };
      for (const [index, step] of steps.entries()) {
        if (step.kind === 'add') {
          add(log, `record-${index}`);
          model.set(`record-${index}`, new Set(readers));
        } else if (step.kind === 'done') {
          const name = [...model.keys()][step.pick];
          if (name === undefined || !readers.includes(step.reader)) continue;
          finish(log, step.reader, name);
          model.get(name)?.delete(step.reader);
        } else {
          log.close();
          log = open(path, ...step.readers);
          for (const waiting of model.values()) {
            const stay = [...waiting].filter((reader) => step.readers.some((name) => name === reader));
            const come = step.readers.filter((reader) => !readers.includes(reader));
            waiting.clear();
            for (const reader of [...stay, ...come]) waiting.add(reader);
          }
          readers = step.readers;
        }
        drop();
        expect(kept(log)).toEqual([...model.keys()]);
        for (const reader of readers) {
          const expected = [...model].filter(([, waiting]) => waiting.has(reader)).map(([name]) => name);
          expect(left(log, reader)).toEqual(expected);
        }
      }
      log.close();
    }),
    { numRuns: 40 },
  );
});
