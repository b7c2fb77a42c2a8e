import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-error.ts';
import { parseByteRange } from './byte-range.ts';
import { requireHeaderValue } from './object-headers.ts';
import type { ObjectStore } from './object-store.ts';
import type { StoredVersion } from './object-version.ts';
import type { Target } from './target.ts';

/** HeadObject and GetObject. The query of a presigned URL says what headers would. */
export async function readObject(
  { bucket, key, query }: Target,
  request: IncomingMessage,
  response: ServerResponse,
  store: ObjectStore,
): Promise<void> {
  const version = requireVersion(store, bucket, key, query.get('versionId') ?? undefined, response);
  const range = parseByteRange(request.headers.range, version.size);
  const { start, end } = range ?? { start: 0, end: version.size - 1 };

  const wantsChecksum =
    (request.headers['x-amz-checksum-mode'] ?? query.get('x-amz-checksum-mode')) === 'ENABLED';
  const headers = {
    ...version.headers,
    ...(request.method === 'GET' && responseOverrides(query)),
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    etag: version.etag,
    'last-modified': new Date(version.lastModified).toUTCString(),
    'x-amz-version-id': version.versionId,
    ...(range && { 'content-range': `bytes ${start}-${end}/${version.size}` }),
    ...(!range && wantsChecksum && version.keepsSha256 && checksumHeaders(version)),
  };
  const status = range ? 206 : 200;
  if (request.method === 'HEAD' || end < start) return void response.writeHead(status, headers).end();

  const file = await store.open(version);
  response.writeHead(status, headers);
  await pipeline(file.createReadStream({ start, end }), response);
}

/** DeleteObject: a delete marker, or with a version's id that version, gone. */
export async function deleteObject(
  { bucket, key, query }: Target,
  response: ServerResponse,
  store: ObjectStore,
): Promise<void> {
  const versionId = query.get('versionId');
  if (versionId === null) {
    const marker = await store.markDeleted(bucket, key);
    response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', marker.versionId);
  } else {
    const removed = await store.remove(bucket, key, versionId);
    if (removed?.deleted) response.setHeader('x-amz-delete-marker', 'true');
    if (removed) response.setHeader('x-amz-version-id', removed.versionId);
  }
  response.writeHead(204).end();
}

function requireVersion(
  store: ObjectStore,
  bucket: string,
  key: string,
  versionId: string | undefined,
  response: ServerResponse,
): StoredVersion {
  const version = store.find(bucket, key, versionId);
  if (version?.deleted) {
    response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', version.versionId);
    if (versionId !== undefined) {
      response.setHeader('allow', 'DELETE');
      throw new AwsError(405, 'MethodNotAllowed', 'A delete marker can only be deleted.');
    }
  }
  if (version !== undefined && !version.deleted) return version;
  throw versionId === undefined
    ? new AwsError(404, 'NoSuchKey', 'The specified key does not exist.')
    : new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.');
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
