import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../http/aws-error.ts';
import { parseByteRange } from './byte-range.ts';
import { causeOf, type S3Context } from './context.ts';
import { requireHeaderValue } from './object-headers.ts';
import type { StoredVersion } from './object-version.ts';
import { isNotModified, isRangeWanted } from './preconditions.ts';
import type { Target } from './target.ts';
import type { VersionStore } from './version-store.ts';

/** HeadObject and GetObject. A presigned URL gives in its query what headers would give. */
export async function readObject(
  { target, bucket: { versioned }, store, authorization, now }: S3Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { query } = target;
  // A signer who may not list a bucket does not learn which keys it lacks.
  const mayList = authorization.allows('s3:ListBucket', { ...target, key: '' });
  const version = requireVersion(store, target, mayList, response);
  if (isNotModified(request.headers, version, now)) {
    return void response.writeHead(304, cacheHeaders(version, versioned)).end();
  }
  const wantsRange = isRangeWanted(request.headers, version);
  const range = wantsRange ? parseByteRange(request.headers.range, version.size) : undefined;
  const { start, end } = range ?? { start: 0, end: version.size - 1 };

  const wantsChecksum =
    (request.headers['x-amz-checksum-mode'] ?? query.get('x-amz-checksum-mode')) === 'ENABLED';
  const headers = {
    ...version.headers,
    ...cacheHeaders(version, versioned),
    ...(request.method === 'GET' && responseOverrides(query)),
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range && { 'content-range': `bytes ${start}-${end}/${version.size}` }),
    ...(!range && wantsChecksum && version.keepsSha256 && checksumHeaders(version)),
  };
  const status = range ? 206 : 200;
  if (request.method === 'HEAD' || end < start) return void response.writeHead(status, headers).end();

  const file = await store.open(version);
  response.writeHead(status, headers);
  await pipeline(file.createReadStream({ start, end }), response);
}

/**
 * DeleteObject: puts a delete marker on the object, or removes the version that the request names. In a bucket without
 * versions it removes the object.
 */
export async function deleteObject(
  { target: { bucket, key, query }, bucket: definition, store }: S3Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { versioned } = definition;
  const cause = causeOf(definition, 'DeleteObject', request, response);
  const versionId = query.get('versionId');
  if (versionId === null && !versioned) {
    const only = store.find(bucket, key);
    if (only !== undefined) await store.remove(bucket, key, only.versionId, cause);
  } else if (versionId === null) {
    const marker = await store.markDeleted(bucket, key, cause);
    response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', marker.versionId);
  } else {
    const removed = await store.remove(bucket, key, versionId, cause);
    if (removed?.deleted) response.setHeader('x-amz-delete-marker', 'true');
    if (removed) response.setHeader('x-amz-version-id', removed.versionId);
  }
  response.writeHead(204).end();
}

function requireVersion(
  store: VersionStore,
  { bucket, key, query }: Target,
  mayList: boolean,
  response: ServerResponse,
): StoredVersion {
  const versionId = query.get('versionId') ?? undefined;
  const version = store.find(bucket, key, versionId);
  if (version !== undefined && !version.deleted) return version;
  if (!mayList && (version === undefined || versionId === undefined))
    throw new AwsError(403, 'AccessDenied', 'Access Denied');
  if (version?.deleted) {
    response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', version.versionId);
    if (versionId !== undefined) {
      response.setHeader('allow', 'DELETE');
      const message = 'The specified method is not allowed against this resource.';
      throw new AwsError(405, 'MethodNotAllowed', message, { ResourceType: 'DeleteMarker' });
    }
  }
  throw versionId === undefined
    ? new AwsError(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key })
    : new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.', {
        Key: key,
        VersionId: versionId,
      });
}

/** What a 304 repeats of a 200's headers: RFC 9110, section 15.4.5. */
function cacheHeaders({ headers, etag, lastModified, versionId }: StoredVersion, versioned: boolean) {
  const { 'cache-control': cacheControl, expires } = headers;
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(expires !== undefined && { expires }),
    etag,
    'last-modified': new Date(lastModified).toUTCString(),
    ...(versioned && { 'x-amz-version-id': versionId }),
  };
}

function checksumHeaders({ sha256 }: StoredVersion): Record<string, string> {
  return { 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** `response-content-disposition` and the like, which a signed URL may carry. */
function responseOverrides(query: URLSearchParams): Record<string, string> {
  const overrides = [...query].filter(([name]) => name.startsWith('response-'));
  return Object.fromEntries(
    overrides.map(([name, value]) => [name.slice('response-'.length), requireHeaderValue(name, value)]),
  );
}
