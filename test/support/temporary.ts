import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** Makes an empty directory, which is removed with all that is in it once the calling file's tests have run. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'nexus-test-'));
  made.push(path);
  return path;
}

/** Removes the directories made so far. A set-up file calls it after each file of tests. */
export function removeTemporaryDirectories(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
}
