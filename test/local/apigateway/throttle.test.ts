import { expect, test } from 'vitest';
import { TokenBucket } from '../../../local/apigateway/throttle.ts';

test('lets a burst through, then as many as the rate refills, and never more than a burst', () => {
  let now = 0;
  const bucket = new TokenBucket({ ratePerSecond: 10, burst: 3 }, () => now);
  const taken = (count: number) => Array.from({ length: count }, () => bucket.take()).filter(Boolean).length;
  expect(taken(5)).toBe(3);
  now = 99;
  expect(taken(1)).toBe(0);
  now = 200;
  expect(taken(5)).toBe(2);
  now = 60_000;
  expect(taken(5)).toBe(3);
});
