import type { PresignResponse } from '#contract/uploads';
import { NexusError } from './errors.ts';

/** How long an upload may stand still, in milliseconds. */
const STALL_MS = 60_000;

/** Bytes that were sent so far. */
type OnBytes = (loaded: number) => void;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a file by a presigned form, the file last.
 *
 * @throws NexusError `upload_refused`, whose status is S3's; `network_error`; `unreadable_file`
 */
export async function postForm(
  { url, fields }: Pick<PresignResponse, 'url' | 'fields'>,
  blob: Blob,
  onBytes: OnBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALL_MS);
  let isOver = false;
  const moved = (loaded: number) => {
    // A file that was given up may still be read to the end of a piece.
    if (isOver) return;
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), STALL_MS);
    onBytes(loaded);
  };
  const stop = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  try {
    const send = typeof XMLHttpRequest === 'undefined' ? sendByFetch : sendByXhr;
    const { status, text } = await send(url, form, blob, moved, stop);
    if (status < 200 || status > 299) throw refused(status, text);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** S3 says why in XML: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refused(status: number, text: string): NexusError {
  const part = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const code = part('Code') ?? `status ${status}`;
  const message = `S3 refuses the upload: ${code}: ${part('Message') ?? 'no reason given'}`;
  // What S3 says of a request that was cut off is no verdict on the file.
  const retryable = status >= 500 || status === 429 || /^(RequestTimeout|IncompleteBody)$/.test(code);
  return new NexusError('upload_refused', message, { status, requestId: part('RequestId'), retryable });
}

/** A file that tells how far it is read: `fetch` itself tells nothing. */
class CountedFile extends File {
  readonly #blob: Blob;
  readonly #onBytes: OnBytes;

  constructor(blob: Blob, onBytes: OnBytes) {
    super([blob], 'file');
    this.#blob = blob;
    this.#onBytes = onBytes;
  }

  override stream(): ReturnType<Blob['stream']> {
    let loaded = 0;
    const count = new TransformStream({
      transform: (chunk, controller) => {
        loaded += chunk.length;
        this.#onBytes(loaded);
        controller.enqueue(chunk);
      },
    });
    return this.#blob.stream().pipeThrough(count);
  }
}

async function sendByFetch(
  url: string,
  form: FormData,
  blob: Blob,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<Answer> {
  form.append('file', new CountedFile(blob, onBytes));
  try {
    const response = await fetch(url, { method: 'POST', body: form, signal });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    if (isUnreadable(cause))
      throw new NexusError('unreadable_file', 'The file has changed, or cannot be read', { cause });
    throw networkError(url, cause);
  }
}

/** `fetch` wraps what its body throws. */
function isUnreadable(error: unknown): boolean {
  const { name, cause } = (error ?? {}) as { readonly name?: string; readonly cause?: unknown };
  return name === 'NotReadableError' || (cause !== undefined && isUnreadable(cause));
}

function sendByXhr(
  url: string,
  form: FormData,
  blob: Blob,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<Answer> {
  form.append('file', blob, 'file');
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = () => reject(networkError(url));
    request.upload.onprogress = ({ loaded }) => onBytes(Math.min(loaded, blob.size));
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    request.open('POST', url);
    request.send(form);
  });
}

function networkError(url: string, cause?: unknown): NexusError {
  return new NexusError('network_error', `No answer from ${new URL(url).host}`, { cause, retryable: true });
}
