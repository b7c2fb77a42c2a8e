import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bucket, S3Context } from './context.ts';
import { listBuckets } from './list-buckets.ts';
import { listObjects } from './list-objects.ts';
import { listObjectVersions } from './list-versions.ts';
import { deleteObject, readObject } from './object-routes.ts';
import { type PostContext, postObject } from './post-object.ts';
import { CACHE_CONDITIONS } from './preconditions.ts';
import type { Target } from './target.ts';

interface S3Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly on: 'account' | 'bucket' | 'object';
  /** The query parameter that a request for this operation must have, and the value that it must have, if any. */
  readonly selector?: readonly [name: string, value?: string];
  /**
   * The query parameters that the operation takes, in any case; `*` stands for the rest of a name. A request with any other
   * parameter is refused.
   */
  readonly parameters: readonly string[];
  /** Preconditions that are implemented, by their headers. With any other one a request is refused. */
  readonly conditions?: readonly string[];
}

/** An operation whose request is signed in its headers or its query. */
interface SignedOperation extends S3Route {
  readonly signed: 'request';
  readonly on: 'bucket' | 'object';
  /** Names the action that the signer must be allowed on the target. */
  action(target: Target): string;
  handle(context: S3Context, request: IncomingMessage, response: ServerResponse): Promise<void> | void;
}

/** An operation whose request is a form: the signature and what it allows are in the form's fields. */
interface FormOperation extends S3Route {
  readonly signed: 'form';
  handle(
    bucket: Bucket,
    request: IncomingMessage,
    response: ServerResponse,
    context: PostContext,
  ): Promise<void>;
}

/** An operation on the account, whose request is signed in its headers or its query. */
interface AccountOperation extends S3Route {
  readonly signed: 'request';
  readonly on: 'account';
  readonly accountAction: string;
  handle(buckets: Iterable<string>, now: Date, response: ServerResponse): void;
}

export type S3Operation = SignedOperation | FormOperation | AccountOperation;

/** Parameters that any request may have: the SDK's name for the operation, and the parts of a presigned URL's signature. */
const COMMON = ['x-id', 'x-amz-*'];
const OBJECT = [
  ...COMMON,
  'versionId',
  'response-content-type',
  'response-content-language',
  'response-content-disposition',
  'response-content-encoding',
  'response-cache-control',
  'response-expires',
];
const LIST = [...COMMON, 'prefix', 'delimiter', 'encoding-type', 'max-keys'];

const READ = {
  on: 'object',
  parameters: OBJECT,
  conditions: CACHE_CONDITIONS,
  signed: 'request',
  action: ({ query }: Target) => (query.has('versionId') ? 's3:GetObjectVersion' : 's3:GetObject'),
  handle: readObject,
} as const;

/** The part of S3 that the service and its operators use: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html */
const OPERATIONS = {
  ListBuckets: {
    method: 'GET',
    on: 'account',
    parameters: COMMON,
    signed: 'request',
    accountAction: 's3:ListAllMyBuckets',
    handle: listBuckets,
  },
  GetObject: { method: 'GET', ...READ },
  HeadObject: { method: 'HEAD', ...READ },
  DeleteObject: {
    method: 'DELETE',
    on: 'object',
    parameters: OBJECT,
    signed: 'request',
    action: ({ query }) => (query.has('versionId') ? 's3:DeleteObjectVersion' : 's3:DeleteObject'),
    handle: deleteObject,
  },
  ListObjectsV2: {
    method: 'GET',
    on: 'bucket',
    selector: ['list-type', '2'],
    parameters: [...LIST, 'list-type', 'continuation-token', 'start-after'],
    signed: 'request',
    action: () => 's3:ListBucket',
    handle: listObjects,
  },
  ListObjectVersions: {
    method: 'GET',
    on: 'bucket',
    selector: ['versions'],
    parameters: [...LIST, 'versions', 'key-marker', 'version-id-marker'],
    signed: 'request',
    action: () => 's3:ListBucketVersions',
    handle: listObjectVersions,
  },
  PostObject: { method: 'POST', on: 'bucket', parameters: [], signed: 'form', handle: postObject },
} satisfies Record<string, S3Operation>;

/** Finds what a request asks for; undefined where that is not implemented. */
export function findOperation(
  method: string,
  { bucket: name, key, query }: Target,
  bucket: Bucket | undefined,
): S3Operation | undefined {
  const on = name === '' ? 'account' : key === '' ? 'bucket' : 'object';
  const operation = Object.values<S3Operation>(OPERATIONS).find(
    (one) => one.method === method && one.on === on && isSelected(one, query),
  );
  if (operation?.signed === 'form' && bucket?.versioned === false) return undefined;
  return [...query.keys()].every((name) => isTaken(operation, name)) ? operation : undefined;
}

function isSelected({ selector }: S3Route, query: URLSearchParams): boolean {
  if (selector === undefined) return true;
  const [name, value] = selector;
  return value === undefined ? query.has(name) : query.get(name) === value;
}

function isTaken(operation: S3Route | undefined, name: string): boolean {
  const given = name.toLowerCase();
  return (
    operation?.parameters.some((parameter) => {
      const taken = parameter.toLowerCase();
      return taken.endsWith('*') ? given.startsWith(taken.slice(0, -1)) : given === taken;
    }) === true
  );
}
