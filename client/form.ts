import type { PresignResponse } from '#contract/uploads';
import { sendForm } from '#send-form';
import { NexusError } from './errors.ts';

/** How long an upload may stand still, in milliseconds. */
const STALL_MS = 60_000;

export interface FormToSend extends Pick<PresignResponse, 'url' | 'fields'> {
  /** It is the form's last field. */
  readonly blob: Blob;
  /** Called with the bytes of the file that were sent so far. */
  readonly onBytes: (loaded: number) => void;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a file by a presigned form.
 *
 * @throws NexusError `upload_refused`, whose status is S3's; `network_error`; `unreadable_file`
 */
export async function postForm(
  { url, fields }: Pick<PresignResponse, 'url' | 'fields'>,
  blob: Blob,
  onBytes: (loaded: number) => void,
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
  try {
    const { status, text } = await sendForm({ url, fields, blob, onBytes: moved, signal: stop });
    if (status < 200 || status > 299) throw refused(status, text);
  } catch (cause) {
    if (cause instanceof NexusError) throw cause;
    throw new NexusError('network_error', `No answer from ${new URL(url).host}`, { cause, retryable: true });
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
