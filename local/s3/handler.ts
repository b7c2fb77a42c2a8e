import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UNSIGNED_PAYLOAD } from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import { endWhenIdle, IDLE_TIMEOUT_MS } from '../http/idle-timeout.ts';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { SigningScope } from '../iam/signing-scope.ts';
import { verifySignature } from '../iam/sigv4.ts';
import { requireExpectedOwner, S3Authorization } from './authorization.ts';
import { type CorsRule, corsHeaders, preflightHeaders } from './cors.ts';
import { listObjects } from './list-objects.ts';
import { listObjectVersions } from './list-versions.ts';
import { deleteObject, readObject } from './object-routes.ts';
import { ObjectStore } from './object-store.ts';
import { postObject } from './post-object.ts';
import { CACHE_CONDITIONS, requireHonoured } from './preconditions.ts';
import { parseTarget, type Target } from './target.ts';

export interface Bucket {
  readonly name: string;
  /** Forms are taken by versioned buckets only. */
  readonly versioned: boolean;
  readonly corsRules: readonly CorsRule[];
}

export interface S3HandlerOptions {
  /** Where the objects are kept. */
  readonly dir: string;
  readonly buckets: readonly Bucket[];
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

export interface S3Handler {
  /** Answers one request; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  readonly store: ObjectStore;
}

const EMPTY_SHA256 = createHash('sha256').digest('hex');
/** Parameters that choose no other operation; any that is not listed does. */
const OBJECT_PARAMETERS =
  /^(versionId|x-id|x-amz-.*|response-(content-(type|language|disposition|encoding)|cache-control|expires))$/i;
const LIST_PARAMETERS =
  /^(list-type|prefix|delimiter|encoding-type|max-keys|continuation-token|start-after|x-id|x-amz-.*)$/i;
const LIST_VERSIONS_PARAMETERS =
  /^(versions|prefix|delimiter|encoding-type|key-marker|max-keys|version-id-marker|x-id|x-amz-.*)$/i;

/** The part of S3 that the service and its operators use, path-style; anything else is answered 501. */
export function createS3Handler(options: S3HandlerOptions): S3Handler {
  const { region, iam, now = () => new Date(), idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const store = new ObjectStore(options.dir);
  const scope: SigningScope = { service: 's3', region, signerOf: (key) => iam.signerOf(key) };
  const buckets = new Map(options.buckets.map((bucket) => [bucket.name, bucket]));

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const target = parseTarget(url);
    const bucket = buckets.get(target.bucket);
    const corsRules = bucket?.corsRules ?? [];
    if (method === 'OPTIONS') {
      return void response.writeHead(200, preflightHeaders(corsRules, headers)).end();
    }
    response.setHeaders(new Map(Object.entries(corsHeaders(corsRules, method, headers))));

    const operation = findOperation(method, target, bucket);
    if (operation === 'PostObject') {
      requireAvailable(operation, request, bucket);
      return postObject(target.bucket, request, response, { store, scope, iam, now });
    }
    // What is not implemented may have a body, which is not read.
    const payloadHash = operation === undefined ? UNSIGNED_PAYLOAD : EMPTY_SHA256;
    const at = now();
    const verified = await verifySignature({ method, url, headers, payloadHash }, { ...scope, now: at });
    requireAvailable(operation, request, bucket);
    requireExpectedOwner(request, target);
    const authorization = new S3Authorization(iam, verified, at);
    const context = { store, authorization, versioned: bucket?.versioned === true };
    switch (operation) {
      case 'ReadObject':
        return readObject(target, request, response, context);
      case 'DeleteObject':
        return deleteObject(target, response, context);
      case 'ListObjects':
        authorization.require('s3:ListBucket', target);
        return listObjects(target, response, store);
      case 'ListObjectVersions':
        authorization.require('s3:ListBucketVersions', target);
        return listObjectVersions(target, response, store);
    }
  }

  return {
    store,
    async handle(request, response) {
      response.setHeader('x-amz-request-id', randomUUID());
      endWhenIdle(request, response, idleTimeoutMs);
      try {
        await route(request, response);
      } catch (error) {
        refuse(error, request, response);
      }
    },
  };
}

function requireAvailable(
  operation: Operation | undefined,
  request: IncomingMessage,
  bucket: Bucket | undefined,
): asserts operation is Operation {
  if (operation === undefined) {
    throw new AwsError(501, 'NotImplemented', 'This operation is not implemented.');
  }
  requireHonoured(request.headers, operation === 'ReadObject' ? CACHE_CONDITIONS : []);
  if (bucket === undefined) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist.');
}

type Operation = 'PostObject' | 'ReadObject' | 'DeleteObject' | 'ListObjects' | 'ListObjectVersions';

function findOperation(
  method: string,
  { key, query }: Target,
  bucket: Bucket | undefined,
): Operation | undefined {
  const onlyHas = (parameters: RegExp) => [...query.keys()].every((name) => parameters.test(name));
  if (key === '') {
    if (method === 'POST' && query.size === 0) return bucket?.versioned === false ? undefined : 'PostObject';
    if (method !== 'GET') return undefined;
    if (query.get('list-type') === '2' && onlyHas(LIST_PARAMETERS)) return 'ListObjects';
    return query.has('versions') && onlyHas(LIST_VERSIONS_PARAMETERS) ? 'ListObjectVersions' : undefined;
  }
  if (!onlyHas(OBJECT_PARAMETERS)) return undefined;
  if (method === 'GET' || method === 'HEAD') return 'ReadObject';
  return method === 'DELETE' ? 'DeleteObject' : undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  // The sender learns of the refusal at once; what it still sends is read and dropped.
  request.resume();
  const isGone = response.destroyed || (request.destroyed && !request.complete);
  if (response.headersSent || isGone) return void response.destroy();
  const known = error instanceof AwsError;
  if (!known) console.error(error);
  const { status, code, message, members } = known
    ? error
    : new AwsError(500, 'InternalError', 'We encountered an internal error. Please try again.');
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
