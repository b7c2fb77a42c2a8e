/** Up to so many bytes are hashed at once, by the browser's own code, which takes no pieces. */
const WHOLE_BYTES = 16 * 1024 * 1024;

/** The SHA-256 of a blob in hex. A large one is read piece by piece, in a worker whose code is loaded only then. */
export async function sha256Of(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  // Only pages that came safely have it: by https, or from this machine.
  if (blob.size > WHOLE_BYTES || crypto.subtle === undefined) {
    const { hashInWorker } = await import('./hash-in-worker.ts');
    return hashInWorker(blob, onBytes, signal);
  }
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  onBytes(blob.size);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
