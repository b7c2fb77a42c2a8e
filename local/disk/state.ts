import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where one embedded cloud keeps everything: objects, table, events, keys. */
export interface State {
  readonly dir: string;
  /** Gives the directory up; an ephemeral one is removed. */
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
 * Opens a state directory for this process alone; without `dir`, a temporary one.
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

/** Names a file that holds this process's id; a name left by a process that is gone is taken over. */
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
  // After a restart of a container the same id comes back, and then it is this process.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
