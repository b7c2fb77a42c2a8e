import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { RawAsset } from '../client/index.ts';

/** Why an asset's path is not written. */
export class PathError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PathError';
  }
}

/** Where an asset lay when it was pushed; by its filename where it was not pushed. */
export function pathOf({ metadata, filename }: RawAsset): string {
  const { path } = metadata as { readonly path?: unknown };
  return typeof path === 'string' ? path : filename;
}

/**
 * Where a path lies under a folder. Anybody who may write to the store may have made it, so nothing is taken that would lead
 * out of the folder on any system.
 *
 * @throws PathError
 */
export function under(folder: string, path: string): string {
  const parts = path.split('/');
  if (path === '' || parts.includes('')) throw new PathError('is no relative path');
  if (parts.some((part) => part === '.' || part === '..')) throw new PathError('leads out of the folder');
  if (/^[A-Za-z]:/.test(path)) throw new PathError('begins with a drive letter');
  if (/[\\\p{Cc}]/u.test(path)) throw new PathError('holds a backslash or a control character');
  const file = resolve(join(folder, ...parts));
  if (!file.startsWith(resolve(folder) + sep)) throw new PathError('leads out of the folder');
  return file;
}

/**
 * Makes the folders that a file lies in.
 *
 * @throws PathError where one of them is a link, which may lead anywhere; Error of the file system
 */
export async function makeFolders(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const parts = dirname(file).slice(resolve(folder).length).split(sep).filter(Boolean);
  let at = resolve(folder);
  for (const part of parts) {
    at = join(at, part);
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if ((await lstat(at)).isSymbolicLink()) throw new PathError(`lies under ${at}, which is a link`);
  }
}
