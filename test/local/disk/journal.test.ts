import { appendFileSync, fdatasync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { Journal } from '../../../local/disk/journal.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, fdatasync: vi.fn(fs.fdatasync), writeSync: vi.fn(fs.writeSync) };
});

let dir: string;
let path: string;
beforeEach(() => {
  vi.mocked(fdatasync).mockReset();
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

it('takes back an entry that did not come to the file whole', () => {
  const { journal } = Journal.open<string>(path);
  journal.append('first');
  vi.mocked(writeSync)
    .mockImplementationOnce((descriptor) => {
      appendFileSync(descriptor, '"lo');
      return 3;
    })
    .mockImplementationOnce(() => {
      throw new Error('no space left');
    });
  expect(() => journal.append('lost')).toThrow('no space left');
  expect(readFileSync(path, 'utf8')).toBe('"first"\n');
  journal.append('second');
  journal.close();
  expect(entries()).toEqual(['first', 'second']);
});

/** What a sync that is under way is told at its end. */
type Done = (error: Error | null) => void;

/** Holds syncs back until they are ended. */
function heldSyncs(): Done[] {
  const held: Done[] = [];
  vi.mocked(fdatasync).mockImplementation((_, done) => void held.push(done));
  return held;
}

/** Which of these are done by now. */
async function doneOf(promises: readonly Promise<void>[]): Promise<boolean[]> {
  const done = promises.map(() => false);
  for (const [index, promise] of promises.entries()) promise.then(() => (done[index] = true)).catch(() => {});
  await new Promise(setImmediate);
  return done;
}

it('syncs for all who came while another sync ran', async () => {
  const held = heldSyncs();
  const { journal } = Journal.open<string>(path);
  const append = (entry: string) => {
    journal.append(entry);
    return journal.synced();
  };
  const waiting = [append('one')];
  await vi.waitFor(() => expect(held).toHaveLength(1));
  for (let entry = 0; entry < 100; entry++) waiting.push(append(String(entry)));
  held[0]?.(null);
  await vi.waitFor(() => expect(held).toHaveLength(2));
  expect(await doneOf(waiting)).toEqual([true, ...Array(100).fill(false)]);
  held[1]?.(null);
  await Promise.all(waiting);
  expect(held).toHaveLength(2);
  journal.close();
});

it('a sync that fails fails for those who wait for it, and for no others', async () => {
  const held = heldSyncs();
  const { journal } = Journal.open<string>(path);
  const first = journal.synced();
  await vi.waitFor(() => expect(held).toHaveLength(1));
  const second = journal.synced();
  held[0]?.(new Error('the disk is gone'));
  await expect(first).rejects.toThrow('the disk is gone');
  await vi.waitFor(() => expect(held).toHaveLength(2));
  held[1]?.(null);
  await second;
  journal.close();
});

it('is closed after the syncs that are asked for, and takes what is appended meanwhile', async () => {
  const held = heldSyncs();
  const { journal } = Journal.open<string>(path);
  const running = journal.synced();
  await vi.waitFor(() => expect(held).toHaveLength(1));
  const next = journal.synced();
  journal.append('late');
  journal.close();
  held[0]?.(null);
  await running;
  await vi.waitFor(() => expect(held).toHaveLength(2));
  held[1]?.(null);
  await next;
  expect(entries()).toEqual(['late']);
});
