import type { FromHashWorker } from './sha256-worker.ts';

/** Hashes a blob in a worker, which ends with it. */
export function hashInWorker(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  // Bundlers know a worker by this very expression.
  const worker = new Worker(new URL('./sha256-worker.js', import.meta.url), { type: 'module' });
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const hashed = new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      const { loaded, hex, error } = data as FromHashWorker;
      if (loaded !== undefined) onBytes(loaded);
      if (hex !== undefined) resolve(hex);
      if (error !== undefined) reject(new Error(error));
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(blob);
  });
  return Promise.race([hashed, aborted]).finally(() => worker.terminate());
}
