import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../iam/principal.ts';
import type { AccessControl } from '../iam/principals.ts';
import { verifySignature } from '../iam/sigv4.ts';
import { REGION } from '../template/account.ts';
import { AwsError } from './aws-error.ts';
import { readBody } from './request-body.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

/** An AWS service of the query protocol. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export interface QueryService {
  readonly service: 'sts' | 'cloudformation';
  /** Of the answer's XML. */
  readonly namespace: string;
  /**
   * @returns the operation and its result's content
   * @throws AwsError where the request is refused
   */
  handle(
    caller: Principal,
    parameters: URLSearchParams,
  ): { readonly operation: string; readonly result: readonly XmlElement[] };
}

/** Answers one request; never rejects. */
export async function answerQuery(
  queryService: QueryService,
  iam: AccessControl,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { service, namespace } = queryService;
  const requestId = randomUUID();
  const send = (status: number, root: XmlElement) => {
    const body = xmlDocument(root, namespace);
    response.writeHead(status, {
      'content-type': 'text/xml',
      'content-length': Buffer.byteLength(body),
      'x-amzn-requestid': requestId,
    });
    response.end(body);
  };
  try {
    const body = await readBody(request);
    const { method = '', url = '', headers } = request;
    const payloadHash = createHash('sha256').update(body).digest('hex');
    const { principal } = await verifySignature(
      { method, url, headers, payloadHash },
      { service, region: REGION, signerOf: (key) => iam.signerOf(key) },
    );
    const { operation, result } = queryService.handle(principal, new URLSearchParams(body.toString()));
    const metadata: XmlElement = ['ResponseMetadata', [['RequestId', requestId]]];
    send(200, [`${operation}Response`, [[`${operation}Result`, result], metadata]]);
  } catch (error) {
    // The sender learns of the refusal at once; what it still sends is read and dropped.
    request.resume();
    if (!response.destroyed) send(...refusal(error, requestId));
  }
}

function refusal(error: unknown, requestId: string): [status: number, root: XmlElement] {
  const known = error instanceof AwsError;
  if (!known) console.error(error);
  const { status, code, message } = known
    ? error
    : new AwsError(500, 'InternalFailure', 'The request failed because of an internal error.');
  const detail: XmlElement[] = [
    ['Type', status < 500 ? 'Sender' : 'Receiver'],
    ['Code', code],
    ['Message', message],
  ];
  return [
    status,
    [
      'ErrorResponse',
      [
        ['Error', detail],
        ['RequestId', requestId],
      ],
    ],
  ];
}
