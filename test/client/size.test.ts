import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildBrowserClient } from '../../lib/client-bundle.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Bytes, minified and compressed, of what a page loads before it hashes a large file. */
const LIMIT = 5 * 1024;

test('the client for browsers is small, and needs nothing of Node.js', async () => {
  const chunks = await buildBrowserClient(temporaryDirectory(), { minify: true });
  const sizes = Object.fromEntries(chunks.map(({ fileName, code }) => [fileName, gzipSync(code).length]));
  console.log('client, min+gz:', sizes);
  expect(Object.keys(sizes).sort()).toEqual([
    'hash-in-worker.js',
    'hash-stream.js',
    'index.js',
    'sha256-worker.js',
  ]);
  expect(sizes['index.js']).toBeLessThanOrEqual(LIMIT);
  const [index] = chunks.filter(({ fileName }) => fileName === 'index.js');
  // What is loaded only when it is needed is not loaded with it.
  expect(index?.imports).toEqual([]);
  for (const { code } of chunks) expect(code).not.toMatch(/node:|\bWebAssembly\b|\beval\(|new Function/);
});
