import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MIB = 1024 * 1024;

async function measure(assets: number) {
  const args = ['--expose-gc', resolve('test/scale/heap-of-reconcile.ts'), String(assets)];
  const startedAt = Date.now();
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { heap, ...counts } = JSON.parse(stdout) as { versions: number; records: number; heap: number };
  const seconds = (Date.now() - startedAt) / 1000;
  console.log(`reconcile: ${assets} assets, heap ${(heap / MIB).toFixed(1)} MiB, ${seconds.toFixed(1)} s`);
  return { heap, counts };
}

test('reconcile takes no more memory for a million objects than for a hundred thousand', async () => {
  const few = await measure(100_000);
  const many = await measure(1_000_000);
  expect(many.counts).toEqual({ versions: 1_000_000, records: 1_000_000 });
  expect(many.heap - few.heap).toBeLessThan(20 * MIB);
});
