import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UNSIGNED_PAYLOAD } from '@smithy/signature-v4';
import type { RestService } from '../endpoint/aws-endpoint.ts';
import { AwsError, toAwsError } from '../http/aws-error.ts';
import { endWhenIdle, IDLE_TIMEOUT_MS } from '../http/idle-timeout.ts';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { SigningScope } from '../iam/signing-scope.ts';
import { verifySignature } from '../iam/sigv4.ts';
import { requireExpectedOwner, S3Authorization } from './authorization.ts';
import type { Bucket } from './context.ts';
import { type CorsRule, corsHeaders, preflightHeaders } from './cors.ts';
import { findOperation, type S3Operation } from './operations.ts';
import { requireHonoured } from './preconditions.ts';
import { parseTarget } from './target.ts';
import { VersionStore } from './version-store.ts';

export interface BucketDefinition extends Bucket {
  readonly corsRules: readonly CorsRule[];
}

export interface S3Options {
  /** Where the objects are kept. */
  readonly dir: string;
  readonly buckets: readonly BucketDefinition[];
  /** Says who signs, and what they may do. */
  readonly iam: AccessControl;
  readonly region: string;
  /** @default the wall clock */
  readonly now?: () => Date;
  /**
   * Milliseconds in which a request must move on.
   *
   * @default about as long as S3 waits
   */
  readonly idleTimeoutMs?: number;
}

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** S3, path-style, as far as `operations.ts` lists its operations; any other request is answered 501. */
export class S3 implements RestService {
  readonly protocol = 'rest';
  readonly signingName = 's3';
  readonly signsAsDeclared = true;
  readonly denied = [403, 'AccessDenied'] as const;
  readonly unknownKey = [403, 'InvalidAccessKeyId'] as const;
  readonly expiredToken = [400, 'ExpiredToken'] as const;

  readonly store: VersionStore;
  readonly #buckets: ReadonlyMap<string, BucketDefinition>;
  readonly #iam: AccessControl;
  readonly #scope: SigningScope;
  readonly #now: () => Date;
  readonly #idleTimeoutMs: number;

  constructor(options: S3Options) {
    const { dir, buckets, iam, region, now = () => new Date(), idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
    this.store = new VersionStore(dir, now);
    this.#buckets = new Map(buckets.map((bucket) => [bucket.name, bucket]));
    this.#iam = iam;
    this.#scope = { service: this, region, signerOf: (accessKeyId) => iam.signerOf(accessKeyId) };
    this.#now = now;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-amz-request-id', randomUUID());
    endWhenIdle(request, response, this.#idleTimeoutMs);
    try {
      await this.#answer(request, response);
    } catch (error) {
      refuse(error, request, response);
    }
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const target = parseTarget(url);
    const bucket = this.#buckets.get(target.bucket);
    const corsRules = bucket?.corsRules ?? [];
    if (method === 'OPTIONS') {
      return void response.writeHead(200, preflightHeaders(corsRules, headers)).end();
    }
    response.setHeaders(new Map(Object.entries(corsHeaders(corsRules, method, headers))));

    const operation = findOperation(method, target, bucket);
    if (operation?.signed === 'form') {
      requireAvailable(operation, request);
      requireBucket(bucket);
      const context = { store: this.store, scope: this.#scope, iam: this.#iam, now: this.#now };
      return operation.handle(bucket, request, response, context);
    }
    // A request that is not implemented may have a body, which is not read.
    const payloadHash = operation === undefined ? UNSIGNED_PAYLOAD : EMPTY_SHA256;
    const now = this.#now();
    const verified = await verifySignature({ method, url, headers, payloadHash }, { ...this.#scope, now });
    requireAvailable(operation, request);
    const authorization = new S3Authorization(this.#iam, verified, now);
    if (operation.on === 'account') {
      authorization.require(operation.accountAction, { ...target, bucket: '*' });
      return operation.handle(this.#buckets.keys(), now, response);
    }
    requireBucket(bucket);
    requireExpectedOwner(request, target);
    authorization.require(operation.action(target), target);
    await operation.handle({ target, bucket, store: this.store, authorization, now }, request, response);
  }
}

function requireAvailable(
  operation: S3Operation | undefined,
  request: IncomingMessage,
): asserts operation is S3Operation {
  if (operation === undefined) {
    throw new AwsError(501, 'NotImplemented', 'This operation is not implemented.');
  }
  requireHonoured(request.headers, operation.conditions);
}

function requireBucket(bucket: BucketDefinition | undefined): asserts bucket is BucketDefinition {
  if (bucket === undefined) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  // The sender learns of the refusal at once; what it still sends is read and dropped.
  request.resume();
  const isGone = response.destroyed || (request.destroyed && !request.complete);
  if (response.headersSent || isGone) return void response.destroy();
  const { status, code, message, members } = toAwsError(
    error,
    'InternalError',
    'We encountered an internal error. Please try again.',
  );
  const requestId = String(response.getHeader('x-amz-request-id'));
  const body = xmlDocument([
    'Error',
    [
      ['Code', code],
      ['Message', message],
      ...Object.entries(members).map(([name, value]): XmlElement => [name, String(value)]),
      ['RequestId', requestId],
    ],
  ]);
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
