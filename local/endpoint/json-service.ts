import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, toAwsError } from '../http/aws-error.ts';
import { sendJson } from '../http/loopback-server.ts';
import { readBody } from '../http/request-body.ts';
import {
  authenticate,
  type EndpointContext,
  findOperation,
  requireAccess,
  type ServiceFacts,
  type ServiceOperations,
} from './service.ts';

/** An AWS service of the JSON protocol. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export interface JsonService extends ServiceFacts {
  readonly protocol: 'json';
  readonly version: '1.0' | '1.1';
  /** Stands before the dot and the operation in `X-Amz-Target`. */
  readonly targetPrefix: string;
  /** Stands before the `#` and the code in an error's type. */
  readonly namespace: string;
  readonly operations: ServiceOperations<object>;
}

/** Whether a request is in this protocol, for whichever service. */
export function isJsonRequest({ headers }: IncomingMessage): boolean {
  return headers['x-amz-target'] !== undefined;
}

export function isForJsonService({ targetPrefix }: JsonService, { headers }: IncomingMessage): boolean {
  return String(headers['x-amz-target']).startsWith(`${targetPrefix}.`);
}

/** Answers one request; never rejects. */
export async function answerJson(
  service: JsonService,
  { iam, now }: EndpointContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const contentType = `application/x-amz-json-${service.version}`;
  try {
    const body = await readBody(request);
    const caller = await authenticate(service, { iam, now }, request, body);
    const input = parse(body);
    const operation = requestedOperation(service, request);
    requireAccess(service, iam, caller, operation.access(input));
    sendJson(response, 200, await operation.handle(input, caller), contentType);
  } catch (error) {
    // The sender learns of the refusal at once; what it still sends is read and dropped.
    request.resume();
    if (response.destroyed) return;
    const { status, code, message, members } = toAwsError(error);
    sendJson(response, status, { __type: `${service.namespace}#${code}`, message, ...members }, contentType);
  }
}

function requestedOperation(service: JsonService, request: IncomingMessage) {
  const [, name = ''] = String(request.headers['x-amz-target']).split('.');
  const operation = isForJsonService(service, request) ? findOperation(service.operations, name) : undefined;
  if (operation !== undefined) return operation;
  throw new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
}

function parse(body: Buffer): object {
  try {
    const input = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {}
  throw new AwsError(400, 'SerializationException', 'The body is not a JSON object.');
}
