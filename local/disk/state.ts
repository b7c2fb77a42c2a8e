import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The directory in which one embedded cloud keeps everything: objects, tables, events, keys. */
export interface State {
  readonly dir: string;
  /** Lets another process open the directory. A temporary one is removed. */
  close(): void;
}

/** The state directory belongs to another process that is still running. */
export class StateInUseError extends Error {
  constructor(dir: string, pid: number, lock: string) {
    super(`${dir} is in use by process ${pid} (if that is another program, delete ${lock})`);
    this.name = 'StateInUseError';
  }
}

/**
 * Opens a state directory, which no other process can open meanwhile. Without `dir` it is a temporary one.
 *
 * @throws StateInUseError while another process has it open.
 */
export function openState(dir?: string): State {
  const path = dir === undefined ? mkdtempSync(join(tmpdir(), 'nexus-')) : resolve(dir);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const unlock = lock(path);
  return {
    dir: path,
    close() {
      unlock();
      if (dir === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

const held = new Set<string>();

/** Makes a lock file that holds this process's id. A lock of a process that no longer runs is replaced. */
function lock(dir: string): () => void {
  const path = join(dir, 'lock');
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (;;) {
      try {
        linkSync(own, path);
        held.add(path);
        return () => {
          held.delete(path);
          rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(readFileSync(path, 'utf8'));
        if (held.has(path) || isAnotherRunning(holder)) throw new StateInUseError(dir, holder, path);
        rmSync(path, { force: true });
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function isAnotherRunning(pid: number): boolean {
  // In a restarted container this process may have the id of the one that left the lock.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
