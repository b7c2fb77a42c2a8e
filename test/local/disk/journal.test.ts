import { appendFileSync, fsyncSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { Journal } from '../../../local/disk/journal.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, fsyncSync: vi.fn(fs.fsyncSync) };
});

let dir: string;
let path: string;
beforeEach(() => {
  dir = temporaryDirectory();
  path = join(dir, 'journal.jsonl');
});

const entries = () => {
  const { journal, entries: read } = Journal.open<string>(path);
  journal.close();
  return read;
};

it('is readable by its owner alone, new or rewritten', () => {
  const mode = () => (statSync(path).mode & 0o777).toString(8);
  Journal.open(path).journal.close();
  expect(mode()).toBe('600');
  Journal.rewrite(path, ['one']).close();
  expect(mode()).toBe('600');
});

it('keeps entries in their order', () => {
  const { journal } = Journal.open<string>(path);
  for (const entry of ['one', 'two\nlines', 'ünïcode']) journal.append(entry);
  journal.close();
  expect(entries()).toEqual(['one', 'two\nlines', 'ünïcode']);
});

it('drops a torn last line, and goes on after the last whole one', () => {
  appendFileSync(path, '"whole"\n"to');
  const { journal } = Journal.open<string>(path);
  journal.append('next');
  journal.close();
  expect(entries()).toEqual(['whole', 'next']);
});

it('takes back an entry that did not come to disk', () => {
  const { journal } = Journal.open<string>(path);
  journal.append('first');
  vi.mocked(fsyncSync).mockImplementationOnce(() => {
    throw new Error('no space left');
  });
  expect(() => journal.append('lost')).toThrow('no space left');
  expect(readFileSync(path, 'utf8')).toBe('"first"\n');
  journal.append('second');
  journal.close();
  expect(entries()).toEqual(['first', 'second']);
});
