import type { FromHashWorker } from './sha256-worker.ts';

/**
 * Hashes a blob in a worker, which ends with it.
 *
 * @returns undefined where no worker starts: a bundler that does not know workers (esbuild, Rolldown) leaves the worker's file
 *   behind, a page may start none from another origin, and a policy may refuse it
 * @throws Error where the blob cannot be read, and the signal's reason
 */
export async function hashInWorker(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  signal?.throwIfAborted();
  const worker = startWorker();
  if (worker === undefined) return undefined;
  let abort = () => {};
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      worker.onmessage = ({ data }) => {
        const { loaded, hex, error } = data as FromHashWorker;
        if (loaded !== undefined) onBytes(loaded);
        if (hex !== undefined) resolve(hex);
        if (error !== undefined) reject(new Error(error));
      };
      // What goes wrong with the blob is told by a message: this is a worker whose code does not come or run.
      worker.onerror = () => resolve(undefined);
      worker.postMessage(blob);
    });
  } finally {
    // A signal may outlive thousands of files.
    signal?.removeEventListener('abort', abort);
    worker.terminate();
  }
}

function startWorker(): Worker | undefined {
  try {
    // Bundlers know a worker by this very expression.
    return new Worker(new URL('./sha256-worker.js', import.meta.url), { type: 'module' });
  } catch {
    return undefined;
  }
}
