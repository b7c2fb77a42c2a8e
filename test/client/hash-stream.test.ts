import { createHash, randomBytes } from 'node:crypto';
import { openAsBlob, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashStream } from '../../client/hash-stream.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const bytes = randomBytes(5_000_003);
const SHA256 = createHash('sha256').update(bytes).digest('hex');

/** As browsers have them whose blobs are no byte streams. */
class PlainBlob extends Blob {
  override stream() {
    const split = (whole: Uint8Array<ArrayBuffer>, to: TransformStreamDefaultController) => {
      for (let at = 0; at < whole.length; at += 1_000_000) to.enqueue(whole.subarray(at, at + 1_000_000));
    };
    return super.stream().pipeThrough(new TransformStream({ transform: split }));
  }
}

test.each([
  ['a byte stream', new Blob([bytes])],
  ['a plain stream', new PlainBlob([bytes])],
])('hashes %s, and tells of each piece', async (_, blob) => {
  const told: number[] = [];
  expect(await hashStream(blob, (loaded) => told.push(loaded))).toBe(SHA256);
  expect(told.length).toBeGreaterThan(4);
  expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(bytes.length);
});

test('hashes a blob without bytes', async () => {
  expect(await hashStream(new Blob([]), () => {})).toBe(createHash('sha256').digest('hex'));
});

test.each([
  ['a byte stream', Blob],
  ['a plain stream', PlainBlob],
])('%s is given up as soon as the signal is aborted', async (_, Kind) => {
  const told: number[] = [];
  const stop = new AbortController();
  // Heard while it hashes only if it leaves the thread to others.
  setImmediate(() => stop.abort(new Error('enough')));
  const hashing = hashStream(new Kind([bytes]), (loaded) => told.push(loaded), stop.signal);
  await expect(hashing).rejects.toThrow('enough');
  expect(told.length).toBeLessThan(4);
});

test('a file that changes while it is read has no hash', async () => {
  const path = join(temporaryDirectory(), 'file.bin');
  writeFileSync(path, bytes);
  const hashing = hashStream(await openAsBlob(path), () => writeFileSync(path, 'other'));
  await expect(hashing).rejects.toThrow();
});
