import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REGION } from '../account.ts';
import { AwsError } from '../aws-error.ts';
import { readBody } from '../request-body.ts';
import { type XmlElement, xmlDocument } from '../s3/xml.ts';
import { verifySignature } from '../sigv4.ts';
import { readAssumeRole } from './assume-role-request.ts';
import { type Access, describeRefusal, type Principal } from './principal.ts';
import type { Principals } from './principals.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS, of which AssumeRole is here. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export class Sts {
  readonly #principals: Principals;

  constructor(principals: Principals) {
    this.#principals = principals;
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const send = (status: number, root: XmlElement) => {
      const body = xmlDocument(root, NAMESPACE);
      response.writeHead(status, {
        'content-type': 'text/xml',
        'content-length': Buffer.byteLength(body),
        'x-amzn-requestid': requestId,
      });
      response.end(body);
    };
    try {
      const body = await readBody(request);
      const caller = await this.#verify(request, body);
      const metadata: XmlElement = ['ResponseMetadata', [['RequestId', requestId]]];
      send(200, ['AssumeRoleResponse', [this.#assumeRole(caller, body.toString()), metadata]]);
    } catch (error) {
      // The sender learns of the refusal at once; what it still sends is read and dropped.
      request.resume();
      if (!response.destroyed) send(...refusal(error, requestId));
    }
  }

  async #verify({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Promise<Principal> {
    const payloadHash = createHash('sha256').update(body).digest('hex');
    const { principal } = await verifySignature(
      { method, url, headers, payloadHash },
      { service: 'sts', region: REGION, signerOf: (key) => this.#principals.signerOf(key) },
    );
    return principal;
  }

  #assumeRole(caller: Principal, body: string): XmlElement {
    const { roleArn, sessionName, seconds, tags } = readAssumeRole(new URLSearchParams(body));
    const role = this.#principals.role(roleArn);
    const keys = Object.keys(tags);
    const requested = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
    const context = { ...Object.fromEntries(requested), ...(keys.length > 0 && { 'aws:TagKeys': keys }) };
    const assume: Access = { action: 'sts:AssumeRole', resource: roleArn, context };
    // Of a role that is not there nothing else is said.
    if (role === undefined) throw denied(caller, assume);
    for (const access of [assume, ...(keys.length > 0 ? [{ ...assume, action: 'sts:TagSession' }] : [])]) {
      const isAllowed = this.#principals.allows(caller, access);
      if (!isAllowed || !this.#principals.trusts(role, caller, access)) throw denied(caller, access);
    }
    const { credentials, expiration, principal } = this.#principals.startSession(
      role,
      sessionName,
      tags,
      seconds,
    );
    return [
      'AssumeRoleResult',
      [
        [
          'Credentials',
          [
            ['AccessKeyId', credentials.accessKeyId],
            ['SecretAccessKey', credentials.secretAccessKey],
            ['SessionToken', credentials.sessionToken],
            ['Expiration', expiration],
          ],
        ],
        [
          'AssumedRoleUser',
          [
            ['AssumedRoleId', `AROALOCAL:${sessionName}`],
            ['Arn', principal.arn],
          ],
        ],
      ],
    ];
  }
}

function denied(caller: Principal, access: Access): AwsError {
  return new AwsError(403, 'AccessDenied', describeRefusal(caller, access));
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
