import { createHash } from 'node:crypto';

/** The SHA-256 of a blob in hex, read piece by piece. */
export async function sha256Of(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  let loaded = 0;
  for await (const chunk of blob.stream()) {
    signal?.throwIfAborted();
    hash.update(chunk);
    loaded += chunk.length;
    onBytes(loaded);
  }
  return hash.digest('hex');
}
