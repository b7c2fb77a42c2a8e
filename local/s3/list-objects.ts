import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import type { S3Context } from './context.ts';
import { readListParameters, S3_NAMESPACE, sortedKeys } from './listing.ts';
import { compareKeys, type StoredVersion } from './object-version.ts';

/** An object of the listing, or the beginning that several keys have in common, up to the delimiter. */
type Listed = StoredVersion | string;

/** ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(
  { target: { bucket, query }, store }: S3Context,
  _: IncomingMessage,
  response: ServerResponse,
): void {
  const { prefix, maxKeys, encode } = readListParameters(query);
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  // A page goes on after what was listed last, which may be a beginning; a listing starts after a key, which need not be
  // the last one of its beginning.
  const listedLast = token === null ? '' : readToken(token);
  const firstAfter = token === null ? (startAfter ?? '') : '';
  const current = sortedKeys(store, bucket, prefix).flatMap(([key, [version]]) =>
    version === undefined || version.deleted || compareKeys(key, firstAfter) <= 0 ? [] : [version],
  );
  const all = grouped(current, prefix, delimiter).filter(
    (listed) => compareKeys(nameOf(listed), listedLast) > 0,
  );
  const page = all.slice(0, maxKeys);
  const last = page.at(-1);
  const isTruncated = last !== undefined && all.length > page.length;
  const body = xmlDocument(
    [
      'ListBucketResult',
      [
        ['Name', bucket],
        ['Prefix', encode(prefix)],
        ...(startAfter === null ? [] : [['StartAfter', encode(startAfter)] as const]),
        ...(token === null ? [] : [['ContinuationToken', token] as const]),
        ...(delimiter === '' ? [] : [['Delimiter', encode(delimiter)] as const]),
        ...(query.has('encoding-type') ? [['EncodingType', 'url'] as const] : []),
        ['MaxKeys', maxKeys],
        ['KeyCount', page.length],
        ['IsTruncated', isTruncated],
        ...(isTruncated ? [['NextContinuationToken', makeToken(nameOf(last))] as const] : []),
        ...page.map((listed) => toXml(listed, encode)),
      ],
    ],
    S3_NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
}

/** Keys that go on alike up to the delimiter, after the prefix, are listed once, by that beginning. */
function grouped(versions: readonly StoredVersion[], prefix: string, delimiter: string): Listed[] {
  if (delimiter === '') return [...versions];
  const beginnings = new Set<string>();
  return versions.flatMap((version): Listed[] => {
    const end = version.key.indexOf(delimiter, prefix.length);
    if (end < 0) return [version];
    const beginning = version.key.slice(0, end + delimiter.length);
    if (beginnings.has(beginning)) return [];
    beginnings.add(beginning);
    return [beginning];
  });
}

const nameOf = (listed: Listed) => (typeof listed === 'string' ? listed : listed.key);

function toXml(listed: Listed, encode: (key: string) => string): XmlElement {
  if (typeof listed === 'string') return ['CommonPrefixes', [['Prefix', encode(listed)]]];
  const { key, lastModified, etag, size } = listed;
  return [
    'Contents',
    [
      ['Key', encode(key)],
      ['LastModified', lastModified],
      ['ETag', etag],
      ['Size', size],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

/** A token names the last that was listed: removals in the meantime do not move the next page. */
const makeToken = (name: string) => `1/${Buffer.from(name).toString('base64')}`;

function readToken(token: string): string {
  const [, name] = /^1\/([A-Za-z0-9+/]+={0,2})$/.exec(token) ?? [];
  if (name === undefined)
    throw new AwsError(400, 'InvalidArgument', 'The continuation token provided is incorrect.');
  return Buffer.from(name, 'base64').toString();
}
