import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { SigningScope } from './signing-scope.ts';
import { verifySignature } from './sigv4.ts';

/** An AWS service of the JSON protocol. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export interface JsonService {
  /**
   * @returns the operation's output
   * @throws AwsError where the request is refused
   */
  handle(operation: string, input: object): Promise<unknown>;
}

export interface JsonServiceProtocol {
  readonly version: '1.0' | '1.1';
  /** Of the service's shapes, before the `#` in an error's type. */
  readonly namespace: string;
  readonly scope: SigningScope;
}

const MAX_BODY_BYTES = 1024 ** 2;

/** Answers one request; never rejects. */
export async function answerJson(
  service: JsonService,
  operation: string,
  { version, namespace, scope }: JsonServiceProtocol,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, output: unknown) => {
    const body = JSON.stringify(output);
    response.writeHead(status, {
      'content-type': `application/x-amz-json-${version}`,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
  try {
    const body = await readBody(request);
    await verify(request, body, scope);
    send(200, await service.handle(operation, parse(body)));
  } catch (error) {
    // The sender learns of the refusal at once; what it still sends is read and dropped.
    request.resume();
    if (response.destroyed) return;
    const { status, code, message } = toAwsError(error);
    send(status, { __type: `${namespace}#${code}`, message });
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
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

function verify({ method = '', url = '', headers }: IncomingMessage, body: Buffer, scope: SigningScope) {
  const payloadHash = createHash('sha256').update(body).digest('hex');
  return verifySignature({ method, url, headers, payloadHash }, scope);
}

function parse(body: Buffer): object {
  try {
    const input = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {}
  throw new AwsError(400, 'SerializationException', 'The body is not a JSON object.');
}

function toAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  console.error(error);
  return new AwsError(500, 'InternalFailure', 'The request failed because of an internal error.');
}
