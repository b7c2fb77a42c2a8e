import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, toAwsError } from '../http/aws-error.ts';
import { readBody } from '../http/request-body.ts';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import {
  authenticate,
  type EndpointContext,
  findOperation,
  requireAccess,
  type ServiceFacts,
  type ServiceOperations,
} from './service.ts';

/** A request's parameters by name, without `Action` and `Version`. */
export type QueryParameters = Readonly<Record<string, string>>;

/** An AWS service of the query protocol. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export interface QueryService extends ServiceFacts {
  readonly protocol: 'query';
  /** The date that requests name as `Version`. */
  readonly version: string;
  /** The XML namespace of its answers. */
  readonly namespace: string;
  /** Each gives the content of its result. */
  readonly operations: ServiceOperations<QueryParameters, readonly XmlElement[]>;
}

/** Whether a request is in this protocol, for whichever service: S3 takes no form of this type. */
export function isQueryRequest({ method, url, headers }: IncomingMessage): boolean {
  const type = headers['content-type'] ?? '';
  return method === 'POST' && url === '/' && /^application\/x-www-form-urlencoded\b/i.test(type);
}

/** The address and the form are the same for all services of the protocol: only the signature's scope names one. */
export function isForQueryService({ signingName }: QueryService, { headers }: IncomingMessage): boolean {
  return headers.authorization?.includes(`/${signingName}/aws4_request`) === true;
}

/** Answers one request; never rejects. */
export async function answerQuery(
  service: QueryService,
  { iam, now }: EndpointContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const send = (status: number, root: XmlElement) => {
    const body = xmlDocument(root, service.namespace);
    response.writeHead(status, {
      'content-type': 'text/xml',
      'content-length': Buffer.byteLength(body),
      'x-amzn-requestid': requestId,
    });
    response.end(body);
  };
  try {
    const body = await readBody(request);
    const caller = await authenticate(service, { iam, now }, request, body);
    const { Action = '', Version, ...parameters } = Object.fromEntries(new URLSearchParams(body.toString()));
    const operation = Version === service.version ? findOperation(service.operations, Action) : undefined;
    if (operation === undefined) {
      throw new AwsError(400, 'InvalidAction', `Could not find operation ${Action} for version ${Version}`);
    }
    requireAccess(service, iam, caller, operation.access(parameters));
    const result = await operation.handle(parameters, caller);
    const metadata: XmlElement = ['ResponseMetadata', [['RequestId', requestId]]];
    send(200, [`${Action}Response`, [[`${Action}Result`, result], metadata]]);
  } catch (error) {
    // The sender learns of the refusal at once; what it still sends is read and dropped.
    request.resume();
    if (response.destroyed) return;
    const refusal = toAwsError(error);
    send(refusal.status, errorResponse(refusal, requestId));
  }
}

function errorResponse({ status, code, message }: AwsError, requestId: string): XmlElement {
  const detail: XmlElement[] = [
    ['Type', status < 500 ? 'Sender' : 'Receiver'],
    ['Code', code],
    ['Message', message],
  ];
  return [
    'ErrorResponse',
    [
      ['Error', detail],
      ['RequestId', requestId],
    ],
  ];
}
