import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** The most bytes that are read at a time. */
const PIECE_BYTES = 1024 * 1024;

/**
 * The SHA-256 of a blob in hex, read piece by piece, so that a file of any size takes the memory of a piece.
 *
 * @throws what reading it throws (`NotReadableError` where the file has changed), and the signal's reason
 */
export async function hashStream(
  blob: Blob,
  onBytes: (loaded: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = sha256.create();
  let loaded = 0;
  for await (const piece of piecesOf(blob)) {
    hash.update(piece);
    loaded += piece.length;
    onBytes(loaded);

    await nextTask();
    signal?.throwIfAborted();
  }
  return bytesToHex(hash.digest());
}

/**
 * Lets this thread do what else it has to: draw the page, hear of an abort, or end, for which Chromium gives a busy worker two
 * seconds. Pieces that are there already come without a break. Unlike a timer it is not slowed down in the background.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Each piece is good until the next is asked for. */
async function* piecesOf(blob: Blob): AsyncGenerator<Uint8Array, void, undefined> {
  const { read, cancel } = readerOf(blob.stream());
  try {
    for (let next = await read(); !next.done; next = await read()) yield next.value;
  } finally {
    // What is not read to its end is held open otherwise.
    void cancel().catch(() => {});
  }
}

/**
 * Reads into one buffer again and again: a new one for each piece is garbage of the file's size, which a page collects late (1 GiB
 * in Chromium for a file of 2 GiB). Browsers whose blobs are no byte streams give pieces of their own.
 */
function readerOf(stream: ReadableStream<Uint8Array>) {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: 'byob' });
  } catch {
    const plain = stream.getReader();
    return { read: () => plain.read(), cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(PIECE_BYTES);
  const read = async () => {
    const next = await reader.read(new Uint8Array(buffer));
    if (!next.done) buffer = next.value.buffer;
    return next;
  };
  return { read, cancel: () => reader.cancel() };
}
