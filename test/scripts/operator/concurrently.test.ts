import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrently } from '../../../scripts/operator/concurrently.ts';

test('calls with each item once, at most 16 at a time', async () => {
  const seen: number[] = [];
  let [underWay, most] = [0, 0];
  const items = Array.from({ length: 100 }, (_, index) => index);
  await concurrently(items, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await sleep(Math.random() * 3);
    seen.push(item);
    underWay -= 1;
  });
  expect(seen.sort((a, b) => a - b)).toEqual(items);
  expect(most).toBe(16);
});

test('begins none after one has failed', async () => {
  const begun: number[] = [];
  const called = concurrently(Array(100).keys(), async (item) => {
    begun.push(item);
    await sleep(5);
    if (item === 20) throw new Error('no');
  });
  await expect(called).rejects.toThrow('no');
  await sleep(20);
  expect(begun.length).toBeLessThan(60);
});
