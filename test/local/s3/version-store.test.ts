import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { VersionStore } from '../../../local/s3/version-store.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

let dir: string;
let store: VersionStore;
beforeEach(() => {
  dir = temporaryDirectory();
  store = new VersionStore(dir);
});
afterEach(() => store.close());

const put = async (key: string, content = 'content') => {
  const upload = store.stage();
  upload.write(Buffer.from(content));
  const description = { bucket: 'b', key, headers: { 'content-type': 'text/plain' }, keepsSha256: true };
  return store.commit(upload, await upload.seal(), description);
};
const reopen = async () => {
  await store.close();
  store = new VersionStore(dir);
};
const read = async (key: string) => {
  const version = store.find('b', key);
  if (version === undefined || version.deleted) return undefined;
  const file = await store.open(version);
  const content = await file.readFile('utf8');
  await file.close();
  return content;
};
const files = (name: string) => readdirSync(join(dir, name));

it('keeps objects readable by their owner alone', async () => {
  const { versionId } = await put('a');
  const file = await store.open(store.find('b', 'a', versionId) as never);
  const { mode } = await file.stat();
  await file.close();
  expect((mode & 0o777).toString(8)).toBe('600');
});

it('keeps everything over a restart', async () => {
  const first = await put('a', 'first');
  const second = await put('a', 'second');
  const marker = await store.markDeleted('b', 'c');
  const removed = await put('d');
  await store.remove('b', 'd', removed.versionId);
  await reopen();
  expect(store.find('b', 'a')).toEqual(second);
  expect(store.find('b', 'a', first.versionId)).toEqual(first);
  expect(store.find('b', 'c')).toEqual(marker);
  expect(store.find('b', 'd')).toBeUndefined();
  expect(await read('a')).toBe('second');
  expect(files('data')).toHaveLength(2);
});

it('goes on counting after a restart, even where the newest version was removed', async () => {
  const first = await put('a');
  await store.remove('b', 'a', first.versionId);
  await reopen();
  expect((await put('a')).versionId > first.versionId).toBe(true);
});

it('gives ids that sort as the versions were made, and cannot be guessed', async () => {
  const versions = await Promise.all(Array.from({ length: 50 }, (_, index) => put('a', String(index))));
  const ids = [...store.keys('b')].flatMap(([, all]) => all.map(({ versionId }) => versionId));
  expect(ids).toHaveLength(versions.length);
  expect(ids).toEqual([...ids].sort().reverse());
  expect(new Set(ids.map((id) => id.slice(9))).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{33}$/);
});

it('shows nothing before it is committed, and a discarded upload leaves nothing', async () => {
  const upload = store.stage();
  upload.write(Buffer.from('half'));
  expect([...store.keys('b')]).toEqual([]);
  upload.discard();
  expect(files('staging')).toEqual([]);
});

it('drops at its start what a crash left half done', async () => {
  await put('a');
  const upload = store.stage();
  upload.write(Buffer.from('half'));
  await upload.seal();
  writeFileSync(join(dir, 'data', 'renamed-but-not-in-the-journal'), 'content');
  const journal = join(dir, 'versions.jsonl');
  const before = readFileSync(journal, 'utf8');
  appendFileSync(journal, '{"added":{"bucket":"b","key":"to');
  await reopen();
  expect(files('staging')).toEqual([]);
  expect(files('data')).toHaveLength(1);
  expect(readFileSync(journal, 'utf8')).toBe(before);
  await put('b');
  await reopen();
  expect(await read('a')).toBe('content');
  expect(await read('b')).toBe('content');
});

it('names no file by a key', async () => {
  await put('../../escaped');
  await put('/etc/passwd');
  expect(files('data').every((name) => /^[\w-]{33}$/.test(name))).toBe(true);
});

it('lets a reader finish a version that is removed meanwhile', async () => {
  const version = await put('a');
  const file = await store.open(version);
  await store.remove('b', 'a', version.versionId);
  expect(await file.readFile('utf8')).toBe('content');
  await file.close();
  expect(files('data')).toEqual([]);
});
