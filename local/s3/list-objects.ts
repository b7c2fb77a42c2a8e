import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { xmlDocument } from '../http/xml.ts';
import type { S3Context } from './context.ts';
import { readListParameters, S3_NAMESPACE, sortedKeys } from './listing.ts';
import { compareKeys } from './object-version.ts';

/** ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(
  { target: { bucket, query }, store }: S3Context,
  _: IncomingMessage,
  response: ServerResponse,
): void {
  const { prefix, maxKeys, encode } = readListParameters(query);
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : readToken(token);
  const all = sortedKeys(store, bucket, prefix).flatMap(([key, [current]]) =>
    current === undefined || current.deleted || compareKeys(key, after) <= 0 ? [] : [current],
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
        ...(query.has('encoding-type') ? [['EncodingType', 'url'] as const] : []),
        ['MaxKeys', maxKeys],
        ['KeyCount', page.length],
        ['IsTruncated', isTruncated],
        ...(isTruncated ? [['NextContinuationToken', makeToken(last.key)] as const] : []),
        ...page.map(
          ({ key, lastModified, etag, size }) =>
            [
              'Contents',
              [
                ['Key', encode(key)],
                ['LastModified', lastModified],
                ['ETag', etag],
                ['Size', size],
                ['StorageClass', 'STANDARD'],
              ],
            ] as const,
        ),
      ],
    ],
    S3_NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
}

/** A token names the key after which the next page begins, so that removals in the meantime do not move the page. */
const makeToken = (key: string) => `1/${Buffer.from(key).toString('base64')}`;

function readToken(token: string): string {
  const [, key] = /^1\/([A-Za-z0-9+/]+={0,2})$/.exec(token) ?? [];
  if (key === undefined)
    throw new AwsError(400, 'InvalidArgument', 'The continuation token provided is incorrect.');
  return Buffer.from(key, 'base64').toString();
}
