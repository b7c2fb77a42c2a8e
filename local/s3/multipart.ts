import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { AwsError } from '../http/aws-error.ts';

/** A form as it is known when its file begins: the fields before the file, and the file as it comes. */
export interface PostForm {
  /** By their names in lower case, for S3 takes names in any case. */
  readonly fields: ReadonlyMap<string, string>;
  /** The file's name without a path; undefined where it has none. */
  readonly filename: string | undefined;
  /** The file's bytes. The sender is slowed down to the pace at which they are read. */
  readonly content: AsyncIterable<Buffer>;
  /** What the request still announces: the rest of the file, and the end of the form with it. */
  readonly bytesToCome: () => number;
}

/** The most bytes that a form may have before its file: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
const MAX_PRE_DATA_BYTES = 20 * 1024;

/**
 * Reads a `multipart/form-data` request. `receive` is called when the file begins. Its result is returned once the form
 * has been read to its end, and discarded after any failure before that. Fields after the file are ignored.
 *
 * @throws AwsError MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument without exactly one file,
 *   RequestTimeout after the request's `timeout` event, and whatever `receive` throws; the rest of the request is then
 *   left unread
 */
export async function readPostForm<T extends { discard(): void }>(
  request: IncomingMessage,
  receive: (form: PostForm) => Promise<T>,
): Promise<T> {
  const parser = openParser(request);
  const fields = new Map<string, string>();
  let file: { readonly content: Readable; readonly received: Promise<T> } | undefined;
  const progress = new Interruptible();
  let bytesToCome = Number(request.headers['content-length']);
  let isFinished = false;

  parser.on('field', (name: string | undefined, value) => {
    if (file !== undefined) return;
    const known = name?.toLowerCase();
    if (known === undefined) return progress.fail(malformed());
    if (fields.has(known)) return progress.fail(invalid(`There must be one field named ${known}.`));
    fields.set(known, value);
  });
  parser.on('file', (_, content, filename: string | undefined) => {
    content.on('error', () => {});
    if (file !== undefined) return progress.fail(invalid('There must be one file.'));
    const received = receive({
      fields,
      filename,
      content,
      bytesToCome: () => content.readableLength + bytesToCome,
    });
    received.catch((error) => progress.fail(error));
    file = { content, received };
  });
  parser.on('error', () => progress.fail(malformed()));
  // Of a form that has no parts the parser knows the end while it is still being written to.
  parser.on('finish', () => {
    isFinished = true;
  });
  request.on('timeout', () => progress.fail(timedOut()));

  try {
    let head = MAX_PRE_DATA_BYTES;
    // To destroy the request would close the connection, and the answer could not be sent.
    const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
    const readNext = () =>
      progress.until<IteratorResult<Buffer>>((done, failed) => void chunks.next().then(done, failed));
    for (let next = await readNext(); !next.done; next = await readNext()) {
      const chunk = next.value;
      bytesToCome -= chunk.length;
      for (const piece of [chunk.subarray(0, head), chunk.subarray(head)] as Buffer[]) {
        if (piece.length > 0) await progress.until((done) => parser.write(piece, () => done()));
        head -= Math.min(head, piece.length);
        if (head === 0 && file === undefined) throw preDataExceeded();
      }
    }
    if (!isFinished) await progress.until((done) => parser.once('finish', done).end());
    if (file === undefined) throw invalid('POST requires exactly one file upload per request.');
    return await file.received;
  } catch (error) {
    // An iterator that still waits for bytes would keep the rest of them from being dropped.
    request.removeAllListeners('readable');
    file?.content.destroy(error as Error);
    await file?.received.then(
      (received) => received.discard(),
      () => {},
    );
    throw error;
  }
}

/**
 * Waits for the steps of a parser, and stops waiting when something else has failed: a parser would wait for ever for
 * somebody to read its file.
 */
class Interruptible {
  #failure: { readonly error: unknown } | undefined;
  #interrupt: ((error: unknown) => void) | undefined;

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#interrupt?.(this.#failure.error);
  }

  until<T = void>(step: (done: (value: T) => void, failed: (error: unknown) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.error);
      this.#interrupt = reject;
      step(resolve, reject);
    });
  }
}

function openParser({ headers }: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
      isPartAFile: (name: string | undefined) => name?.toLowerCase() === 'file',
    });
  } catch {
    throw malformed();
  }
}

function malformed(): AwsError {
  return new AwsError(400, 'MalformedPOSTRequest', 'The body is not well-formed multipart/form-data.');
}

/** S3's words. */
function timedOut(): AwsError {
  const message =
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.';
  return new AwsError(400, 'RequestTimeout', message);
}

function invalid(message: string): AwsError {
  return new AwsError(400, 'InvalidArgument', message);
}

function preDataExceeded(): AwsError {
  const message = 'The fields before the file are too large.';
  return new AwsError(400, 'MaxPostPreDataLengthExceeded', message);
}
