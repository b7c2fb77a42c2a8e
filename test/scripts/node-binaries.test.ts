import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const json = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

test('the hashes are those of the Node.js that package.json pins', () => {
  expect(json('scripts/node-binaries.json').version).toBe(json('package.json').devDependencies.node);
});

test('these tests run on the binary that is named', () => {
  const expected = json('scripts/node-binaries.json').sha256[`${process.platform}-${process.arch}`];
  if (expected === undefined) return;
  expect(createHash('sha256').update(readFileSync(process.execPath)).digest('hex')).toBe(expected);
});
