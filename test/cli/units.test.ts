import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assetIdOf } from '../../cli/asset-id.ts';
import { bytes, count } from '../../cli/count.ts';
import { Patience } from '../../cli/patience.ts';
import { makeFolders, under } from '../../cli/target.ts';
import { walk } from '../../cli/walk.ts';
import { NexusError } from '../../client/index.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('patience', () => {
  const passing = new NexusError('network_error', 'No answer', { retryable: true });
  const fails = (patience: Patience, error: unknown, times = 1) => {
    for (let time = 0; time < times; time++) patience.failed(error);
  };

  test('ends with the last of many failures in a row that pass by themselves', () => {
    const patience = new Patience(3);
    fails(patience, passing, 2);
    expect(() => patience.failed(passing)).toThrow(passing);
  });

  test('is as long again after a success, or after what is wrong with one file', () => {
    const patience = new Patience(3);
    fails(patience, passing, 2);
    patience.succeeded();
    fails(patience, passing, 2);
    fails(patience, new NexusError('asset_conflict', 'Other values'));
    fails(patience, passing, 2);
    fails(patience, new Error('is there already'), 5);
    expect(() => patience.failed(passing)).toThrow(passing);
  });

  test('ends at once with what is wrong with the caller, and with a full disk', () => {
    const refused = new NexusError('unauthorized', 'The token is refused');
    expect(() => new Patience(3).failed(refused)).toThrow(refused);
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(() => new Patience(3).failed(full)).toThrow(full);
  });
});

describe('an id', () => {
  const owner = { tenant_id: 't_demo', env: 'dev' };
  test('is a UUID of version 5, the same each time', () => {
    const id = assetIdOf(owner, 'a/b.txt', 'ab'.repeat(32));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(assetIdOf(owner, 'a/b.txt', 'ab'.repeat(32))).toBe(id);
  });

  test('is another one for another tenant, env, path or content', () => {
    const ids = [
      assetIdOf(owner, 'a', 'aa'),
      assetIdOf({ ...owner, tenant_id: 't_other' }, 'a', 'aa'),
      assetIdOf({ ...owner, env: 'prod' }, 'a', 'aa'),
      assetIdOf(owner, 'b', 'aa'),
      assetIdOf(owner, 'a', 'bb'),
    ];
    expect(new Set(ids).size).toBe(5);
  });
});

test('files are walked by name, their paths relative and in normal form C, links left alone', async () => {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'sub/deep'), { recursive: true });
  for (const name of ['b.txt', 'a.txt', 'sub/deep/c.txt', 'cafe\u0301.txt'])
    writeFileSync(join(dir, name), name);
  symlinkSync('/etc/passwd', join(dir, 'link'));
  symlinkSync('/etc', join(dir, 'folder-link'));
  const found = [];
  for await (const file of walk([dir, join(dir, 'b.txt'), join(dir, 'gone')])) found.push(file);
  expect(found.map((file) => ('path' in file ? file.path : file.reason))).toEqual([
    'a.txt',
    'b.txt',
    'caf\u00e9.txt',
    'sub/deep/c.txt',
    'b.txt',
    'is not there',
  ]);
});

test.skipIf(process.platform !== 'linux')('a name that is not UTF-8 is told as what it is', async () => {
  const dir = temporaryDirectory();
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/bad`), Buffer.of(0xff)]), '');
  const found = [];
  for await (const file of walk([dir])) found.push(file);
  expect(found).toEqual([{ file: join(dir, 'bad\u{FFFD}'), reason: 'has a name that is not UTF-8' }]);
});

describe('a path of the store', () => {
  const folder = temporaryDirectory();
  test.each([
    ['/etc/passwd', 'is no relative path'],
    ['', 'is no relative path'],
    ['a//b', 'is no relative path'],
    ['a/', 'is no relative path'],
    ['..', 'leads out of the folder'],
    ['a/../../b', 'leads out of the folder'],
    ['./a', 'leads out of the folder'],
    ['C:/a', 'begins with a drive letter'],
    ['c:a', 'begins with a drive letter'],
    ['a\\b', 'holds a backslash or a control character'],
    ['a\u0000b', 'holds a backslash or a control character'],
    ['a\nb', 'holds a backslash or a control character'],
  ])('%j is refused', (path, message) => {
    expect(() => under(folder, path)).toThrow(message);
  });

  test('whatever it is, it lies under the folder or is refused', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', 'C:', 'a', '\u202e', '%2e%2e', '~'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        let file: string;
        try {
          file = under(folder, parts.join('/'));
        } catch {
          return;
        }
        expect(file.startsWith(`${folder}/`)).toBe(true);
      }),
    );
  });

  test('is not written through a link', async () => {
    symlinkSync(temporaryDirectory(), join(folder, 'away'));
    await expect(makeFolders(folder, under(folder, 'away/a.txt'))).rejects.toThrow('which is a link');
    await makeFolders(folder, under(folder, 'x/y/z.txt'));
  });
});

test('numbers are told as people read them', () => {
  expect([
    count(1, 'file'),
    count(1200, 'file'),
    bytes(0),
    bytes(1),
    bytes(999),
    bytes(12_300_000),
    bytes(5e12),
  ]).toEqual(['1 file', '1,200 files', '0 bytes', '1 byte', '999 bytes', '12.3 MB', '5.0 TB']);
});
