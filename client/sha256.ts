import { NexusError } from './errors.ts';

/** Up to so many bytes are hashed at once, by the browser's own code, which takes no pieces. */
const WHOLE_BYTES = 16 * 1024 * 1024;

/**
 * The SHA-256 of a blob in hex. A large one is read piece by piece, by code that is loaded only then: in a worker, or on this
 * thread where none starts.
 *
 * @throws NexusError `network_error` where that code does not come
 */
export async function sha256Of(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  signal?.throwIfAborted();
  // Only pages that came safely have it: by https, or from this machine.
  if (blob.size > WHOLE_BYTES || crypto.subtle === undefined) {
    const { hashInWorker } = await loaded(import('./hash-in-worker.ts'));
    const hex = await hashInWorker(blob, onBytes, signal);
    if (hex !== undefined) return hex;
    const { hashStream } = await loaded(import('./hash-stream.ts'));
    return hashStream(blob, onBytes, signal);
  }
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  onBytes(blob.size);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A page that has been open for long may ask for code that its server has no more: the file is not to blame. */
function loaded<T>(code: Promise<T>): Promise<T> {
  return code.catch((cause) => {
    throw new NexusError('network_error', 'The code that hashes large files does not load', { cause });
  });
}
