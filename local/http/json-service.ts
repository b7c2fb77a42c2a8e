import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Access, describeRefusal, type Principal } from '../iam/principal.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { SigningScope } from '../iam/signing-scope.ts';
import { verifySignature } from '../iam/sigv4.ts';
import { AwsError } from './aws-error.ts';
import { readBody } from './request-body.ts';

/** An AWS service of the JSON protocol. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export interface JsonService {
  /**
   * What the signer must be allowed, all of it, before the operation is handled.
   *
   * @throws AwsError where there is no such operation
   */
  accesses(operation: string, input: object): readonly Access[];

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
  readonly service: 'dynamodb' | 'events' | 'sqs';
  readonly region: string;
  /** How the service says that something is not allowed. */
  readonly denial: readonly [status: number, code: string];
}

/** Answers one request; never rejects. */
export async function answerJson(
  service: JsonService,
  operation: string,
  protocol: JsonServiceProtocol,
  iam: AccessControl,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { version, namespace, denial } = protocol;
  const send = (status: number, output: unknown) => {
    const body = JSON.stringify(output);
    response.writeHead(status, {
      'content-type': `application/x-amz-json-${version}`,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
  const requireAccess = (principal: Principal, access: Access) => {
    if (iam.allows(principal, access)) return;
    throw new AwsError(...denial, describeRefusal(principal, access));
  };
  try {
    const body = await readBody(request);
    const { principal } = await verify(request, body, { ...protocol, signerOf: (key) => iam.signerOf(key) });
    const input = parse(body);
    for (const access of service.accesses(operation, input)) requireAccess(principal, access);
    send(200, await service.handle(operation, input));
  } catch (error) {
    // The sender learns of the refusal at once; what it still sends is read and dropped.
    request.resume();
    if (response.destroyed) return;
    const { status, code, message, members } = toAwsError(error);
    send(status, { __type: `${namespace}#${code}`, message, ...members });
  }
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
