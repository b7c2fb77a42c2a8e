import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

const MAX_BODY_BYTES = 1024 ** 2;

/**
 * Reads a request's whole body.
 *
 * @throws AwsError 413 for a body over 1 MiB; the rest of it is left unread
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new AwsError(413, 'RequestEntityTooLarge', `A body may have ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
