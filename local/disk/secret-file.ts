import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Reads a file that only its owner may read, making it on first use. It is written under another name first, so that a
 * process that is killed meanwhile leaves no half of a secret.
 */
export function secretFile(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const content = make();
  const unnamed = `${path}.${process.pid}`;
  writeFileSync(unnamed, content, { mode: 0o600 });
  renameSync(unnamed, path);
  return content;
}
