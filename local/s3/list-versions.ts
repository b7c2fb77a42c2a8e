import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import type { S3Context } from './context.ts';
import { readListParameters, S3_NAMESPACE, sortedKeys } from './listing.ts';
import { compareKeys, type ObjectVersion } from './object-version.ts';
import type { VersionStore } from './version-store.ts';

interface Listed {
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

/** ListObjectVersions: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export function listObjectVersions(
  { target: { bucket, query }, store }: S3Context,
  _: IncomingMessage,
  response: ServerResponse,
): void {
  if (query.get('delimiter')) throw new AwsError(501, 'NotImplemented', 'delimiter is not implemented.');
  const { prefix, maxKeys, encode } = readListParameters(query);
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker') ?? '';
  if (versionIdMarker !== '' && keyMarker === '') {
    throw new AwsError(400, 'InvalidArgument', 'A version-id-marker needs a key-marker.');
  }

  const all = listAfter(store, bucket, prefix, keyMarker, versionIdMarker);
  const page = all.slice(0, maxKeys);
  const last = page.at(-1)?.version;
  const isTruncated = last !== undefined && all.length > page.length;
  const body = xmlDocument(
    [
      'ListVersionsResult',
      [
        ['Name', bucket],
        ['Prefix', encode(prefix)],
        ['KeyMarker', encode(keyMarker)],
        ['VersionIdMarker', versionIdMarker],
        ...(isTruncated ? nextMarkers(encode(last.key), last.versionId) : []),
        ['MaxKeys', maxKeys],
        ...(query.has('encoding-type') ? [['EncodingType', 'url'] as const] : []),
        ['IsTruncated', isTruncated],
        ...page.map((listed) => toXml(listed, encode)),
      ],
    ],
    S3_NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
}

/**
 * Lists the versions after the markers. Ids sort by age, so that a page goes on where the last one ended even if that
 * version was removed since.
 */
function listAfter(
  store: VersionStore,
  bucket: string,
  prefix: string,
  keyMarker: string,
  versionIdMarker: string,
): Listed[] {
  const isAfter = ({ versionId }: ObjectVersion, order: number) =>
    order > 0 || (order === 0 && versionIdMarker !== '' && versionId < versionIdMarker);
  return sortedKeys(store, bucket, prefix).flatMap(([key, versions]) => {
    const order = compareKeys(key, keyMarker);
    return versions
      .map((version, index) => ({ version, isLatest: index === 0 }))
      .filter(({ version }) => isAfter(version, order));
  });
}

function toXml({ version, isLatest }: Listed, encode: (key: string) => string): XmlElement {
  const common: XmlElement[] = [
    ['Key', encode(version.key)],
    ['VersionId', version.versionId],
    ['IsLatest', isLatest],
    ['LastModified', version.lastModified],
  ];
  if (version.deleted) return ['DeleteMarker', common];
  const checksum: XmlElement[] = [
    ['ChecksumAlgorithm', 'SHA256'],
    ['ChecksumType', 'FULL_OBJECT'],
  ];
  return [
    'Version',
    [
      ...common,
      ['ETag', version.etag],
      ...(version.keepsSha256 ? checksum : []),
      ['Size', version.size],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

function nextMarkers(key: string, versionId: string): XmlElement[] {
  return [
    ['NextKeyMarker', key],
    ['NextVersionIdMarker', versionId],
  ];
}
