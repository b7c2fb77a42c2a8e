import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** What the worker tells of a blob: how far it is, and then its SHA-256, or what went wrong. */
export interface FromHashWorker {
  readonly loaded?: number;
  readonly hex?: string;
  readonly error?: string;
}

const tell = (message: FromHashWorker) => postMessage(message);

addEventListener('message', async ({ data }) => {
  try {
    const hash = sha256.create();
    let loaded = 0;
    const reader = (data as Blob).stream().getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      hash.update(next.value);
      loaded += next.value.length;
      tell({ loaded });
    }
    tell({ hex: bytesToHex(hash.digest()) });
  } catch (error) {
    tell({ error: String(error) });
  }
});
