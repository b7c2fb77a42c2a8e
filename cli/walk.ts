import { lstat, opendir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** A file to push. */
export interface LocalFile {
  /** Where it is on this machine. */
  readonly file: string;
  /** Where it lies in its folder: NFC, separated by `/`. */
  readonly path: string;
  readonly size: number;
}

/** What cannot be pushed, with the reason. */
export interface Unreadable {
  readonly file: string;
  readonly reason: string;
}

/**
 * Every file of these files and folders, by name within each folder. Links are not followed, and what is neither file nor
 * folder is left out.
 */
export async function* walk(paths: readonly string[]): AsyncGenerator<LocalFile | Unreadable> {
  for (const path of paths) yield* below(path, undefined);
}

async function* below(file: string, path: string | undefined): AsyncGenerator<LocalFile | Unreadable> {
  let found: Awaited<ReturnType<typeof lstat>>;
  let names: string[] | undefined;
  try {
    found = await lstat(file);
    names = found.isDirectory() ? await namesIn(file) : undefined;
  } catch (error) {
    // Node.js reads what is not UTF-8 as U+FFFD, and finds no file of such a name.
    const isGarbled =
      (error as NodeJS.ErrnoException).code === 'ENOENT' && basename(file).includes('\u{FFFD}');
    yield { file, reason: isGarbled ? 'has a name that is not UTF-8' : reasonOf(error) };
    return;
  }
  if (names !== undefined) {
    for (const name of names) yield* below(join(file, name), path === undefined ? name : `${path}/${name}`);
  } else if (found.isFile()) {
    yield { file, path: (path ?? basename(resolve(file))).normalize('NFC'), size: Number(found.size) };
  } else if (path === undefined) {
    yield { file, reason: 'is neither a file nor a folder' };
  }
}

/** One folder's names at a time are in memory. */
async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) names.push(name);
  return names.sort();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENAMETOOLONG: 'the name is too long for this disk',
  EISDIR: 'is a folder',
  ENOTDIR: 'lies under a file',
  EEXIST: 'is there already, as something else',
};

/** Why the file system refuses, in plain words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
