import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Deliveries, type DeliveriesOptions, type Exhausted } from '../../../local/disk/deliveries.ts';
import { makeDir } from '../dynamodb/table-definition.ts';

const ONCE = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };

function open(path: string, options: Partial<DeliveriesOptions<string>> = {}) {
  const attempted: string[] = [];
  const givenUp: [string, Exhausted][] = [];
  const deliveries = new Deliveries<string>({
    path,
    retryPolicy: ONCE,
    firstBackoffMs: 1,
    giveUp: async (item, reason) => void givenUp.push([item, reason]),
    ...options,
    attempt: async (item) => {
      attempted.push(item);
      await options.attempt?.(item);
    },
  });
  onTestFinished(() => deliveries.close());
  return { deliveries, attempted, givenUp };
}

const makePath = () => join(makeDir(), 'pending.jsonl');
const fails = () => Promise.reject(new Error('down'));

test('what is delivered is not delivered again', async () => {
  const path = makePath();
  const first = open(path);
  first.deliveries.start();
  first.deliveries.add('a');
  await expect.poll(() => first.attempted).toEqual(['a']);
  await first.deliveries.close();
  const second = open(path);
  second.deliveries.start();
  await sleep(20);
  expect(second.attempted).toEqual([]);
  expect(readFileSync(path, 'utf8')).toBe('');
});

test('what is undelivered is its owner’s alone, file and directory', () => {
  const dir = join(makeDir(), 'made');
  open(join(dir, 'pending.jsonl'));
  const modes = [dir, join(dir, 'pending.jsonl')].map((path) => (statSync(path).mode & 0o777).toString(8));
  expect(modes).toEqual(['700', '600']);
});

test('what a killed process has left is delivered by the next, once it starts', async () => {
  const path = makePath();
  const { promise: atTheEnd, resolve: end } = Promise.withResolvers<void>();
  onTestFinished(() => end());
  const killed = open(path, { attempt: (item) => (item === 'b' ? Promise.resolve() : atTheEnd) });
  killed.deliveries.start();
  for (const item of ['a', 'b', 'c']) killed.deliveries.add(item);
  await expect.poll(() => readFileSync(path, 'utf8')).toContain('done');
  appendFileSync(path, '{"added":{"id":"torn');
  const next = open(path);
  await sleep(20);
  expect(next.attempted).toEqual([]);
  next.deliveries.start();
  await expect.poll(() => next.attempted).toEqual(['a', 'c']);
});

test('a failure is tried again as often as the policy says, then given up', async () => {
  const { deliveries, attempted, givenUp } = open(makePath(), {
    retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    attempt: (item) => (item === 'bad' ? fails() : Promise.resolve()),
  });
  deliveries.start();
  deliveries.add('bad');
  deliveries.add('good');
  await expect.poll(() => givenUp).toHaveLength(1);
  expect(attempted.toSorted()).toEqual(['bad', 'bad', 'bad', 'good']);
  const [item, reason] = givenUp[0] ?? [];
  expect([item, reason]).toMatchObject(['bad', { condition: 'RetriesExhausted', attempts: 3 }]);
  expect(String(reason?.error)).toBe('Error: down');
});

test('what has become too old is given up unattempted', async () => {
  const path = makePath();
  open(path, { now: () => 0 }).deliveries.add('old');
  const { deliveries, attempted, givenUp } = open(path, { now: () => 60_001 });
  deliveries.start();
  await expect.poll(() => givenUp).toHaveLength(1);
  expect(attempted).toEqual([]);
  expect(givenUp[0]?.[1]).toMatchObject({ condition: 'EventAgeExceeded', attempts: 0, error: undefined });
});

test('what cannot be kept when it is given up is tried again', async () => {
  const logged = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => logged.mockRestore());
  let full = 2;
  const kept: string[] = [];
  const { deliveries, attempted } = open(makePath(), {
    attempt: fails,
    giveUp: async (item) => {
      if (full-- > 0) throw new Error('disk full');
      kept.push(item);
    },
  });
  deliveries.start();
  deliveries.add('a');
  await expect.poll(() => kept).toEqual(['a']);
  expect(attempted).toHaveLength(3);
  expect(logged).toHaveBeenCalledTimes(2);
});

test('ten are under way at a time', async () => {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const { deliveries, attempted } = open(makePath(), { attempt: () => gate });
  deliveries.start();
  for (let n = 0; n < 25; n++) deliveries.add(String(n));
  await sleep(20);
  expect(attempted).toHaveLength(10);
  release();
  await expect.poll(() => attempted).toHaveLength(25);
});

test('closing ends a wait at once; what waited is delivered by the next process', async () => {
  const path = makePath();
  const first = open(path, {
    retryPolicy: { maximumRetryAttempts: 9, maximumEventAgeInSeconds: 60 },
    attempt: fails,
    firstBackoffMs: 60_000,
  });
  first.deliveries.start();
  first.deliveries.add('a');
  await expect.poll(() => first.attempted).toEqual(['a']);
  const before = performance.now();
  await first.deliveries.close();
  expect(performance.now() - before).toBeLessThan(1000);
  const second = open(path);
  second.deliveries.start();
  await expect.poll(() => second.attempted).toEqual(['a']);
});
