import { AwsError } from '../http/aws-error.ts';
import { compareKeys, type ObjectVersion } from './object-version.ts';
import type { VersionStore } from './version-store.ts';

/** The parameters that both listings have: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export interface ListParameters {
  readonly prefix: string;
  readonly maxKeys: number;
  /** Writes a key as the answer has it. */
  readonly encode: (key: string) => string;
}

const MAX_KEYS = 1000;

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** @throws AwsError 400 for what is malformed */
export function readListParameters(query: URLSearchParams): ListParameters {
  return {
    prefix: query.get('prefix') ?? '',
    maxKeys: parseMaxKeys(query.get('max-keys')),
    encode: keyEncoding(query.get('encoding-type')),
  };
}

/** The keys of a bucket that begin with `prefix`, in S3's order, each with its versions, newest first. */
export function sortedKeys(store: VersionStore, bucket: string, prefix: string) {
  return [...store.keys(bucket)]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => compareKeys(a, b)) as readonly (readonly [string, readonly ObjectVersion[]])[];
}

function parseMaxKeys(value: string | null): number {
  if (value === null) return MAX_KEYS;
  if (/^\d{1,10}$/.test(value)) return Math.min(Number(value), MAX_KEYS);
  throw new AwsError(400, 'InvalidArgument', 'max-keys must be a number.');
}

function keyEncoding(type: string | null): (key: string) => string {
  if (type === null) return (key) => key;
  if (type === 'url') return (key) => encodeURIComponent(key).replaceAll('%2F', '/');
  throw new AwsError(400, 'InvalidArgument', 'encoding-type must be url.');
}
