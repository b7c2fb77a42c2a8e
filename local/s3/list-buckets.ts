import type { ServerResponse } from 'node:http';
import { type XmlElement, xmlDocument } from '../http/xml.ts';
import { ACCOUNT_ID } from '../template/account.ts';
import { S3_NAMESPACE } from './listing.ts';

/** ListBuckets: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export function listBuckets(names: Iterable<string>, createdAt: Date, response: ServerResponse): void {
  const buckets = [...names].sort().map(
    (name): XmlElement => [
      'Bucket',
      [
        ['Name', name],
        ['CreationDate', createdAt.toISOString()],
      ],
    ],
  );
  const body = xmlDocument(
    [
      'ListAllMyBucketsResult',
      [
        ['Owner', [['ID', ACCOUNT_ID]]],
        ['Buckets', buckets],
      ],
    ],
    S3_NAMESPACE,
  );
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
}
