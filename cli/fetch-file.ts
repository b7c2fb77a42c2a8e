import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, NexusError, type RawAsset } from '../client/index.ts';
import { sha256OfFile } from './sha256-of-file.ts';

/** How often in a row an answer may end without a byte. */
const MAX_ATTEMPTS = 6;
const BACKOFF_MS = 250;

/**
 * Downloads an asset to a file, by way of one beside it, `{asset_id}.part`: what is there of that from an earlier run is not
 * downloaded again. The file appears whole and verified, or not at all.
 *
 * @throws NexusError `bad_answer` for bytes that are not the asset's, `network_error`; Error of the file system
 */
export async function fetchFile(
  client: Client,
  { asset_id, size_bytes, sha256 }: RawAsset,
  file: string,
  {
    signal,
    onBytes = () => {},
  }: { readonly signal?: AbortSignal; readonly onBytes?: (more: number) => void } = {},
): Promise<void> {
  // The file's own name may be as long as the disk takes.
  const part = join(dirname(file), `${asset_id}.part`);
  for (let failures = 0; ; ) {
    const have = await sizeOf(part);
    if (have >= size_bytes && size_bytes > 0) break;
    try {
      await append(client, asset_id, part, have, signal, onBytes);
      if ((await sizeOf(part)) >= size_bytes) break;
      failures = 0;
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error;
      failures = (await sizeOf(part)) > have ? 0 : failures + 1;
      if (failures === MAX_ATTEMPTS) throw toNexusError(error);
      await sleep(Math.random() * BACKOFF_MS * 2 ** failures, undefined, signal && { signal });
    }
  }
  if ((await sha256OfFile(part)) !== sha256) {
    await rm(part);
    throw new NexusError('bad_answer', 'The bytes that came are not those of the asset');
  }
  await rename(part, file);
}

/** Appends what is missing, by a URL of its own: one that has expired is no good for the rest. */
async function append(
  client: Client,
  assetId: string,
  part: string,
  have: number,
  signal: AbortSignal | undefined,
  onBytes: (more: number) => void,
): Promise<void> {
  const { url } = await client.download(assetId);
  const headers = have > 0 ? { range: `bytes=${have}-` } : {};
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  if (response.status !== (have > 0 ? 206 : 200)) {
    await response.body?.cancel();
    const retryable = response.status >= 500;
    throw new NexusError('bad_answer', `S3 answers ${response.status}`, {
      status: response.status,
      retryable,
    });
  }
  const handle = await open(part, 'a', 0o666);
  try {
    for await (const chunk of response.body ?? []) {
      await handle.write(chunk);
      onBytes(chunk.length);
    }
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

function toNexusError(error: unknown): NexusError {
  if (error instanceof NexusError) return error;
  return new NexusError('network_error', 'The connection to the store fails', {
    cause: error,
    retryable: true,
  });
}

/** `fetch` throws a TypeError when the connection fails; the file system's errors have a code. */
function isPassing(error: unknown): boolean {
  return error instanceof NexusError ? error.retryable : error instanceof TypeError;
}
