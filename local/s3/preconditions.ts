import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import type { StoredVersion } from './object-version.ts';

const PRECONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'x-amz-if-match-last-modified-time',
  'x-amz-if-match-size',
];

/** Those that only save bytes. */
export const CACHE_CONDITIONS: readonly string[] = ['if-none-match', 'if-modified-since'];

/**
 * Refuses conditions that an operation does not honour: to ignore one would do what the client forbade.
 *
 * @throws AwsError 501 NotImplemented, which names the header
 */
export function requireHonoured(headers: IncomingHttpHeaders, honoured: readonly string[] = []): void {
  const ignored = PRECONDITIONS.find((name) => headers[name] !== undefined && !honoured.includes(name));
  if (ignored === undefined) return;
  const message = 'A header you provided implies functionality that is not implemented';
  throw new AwsError(501, 'NotImplemented', message, { Header: ignored });
}

/**
 * Whether the client has this version already. `If-Modified-Since` counts beside `If-None-Match` only where that is
 * absent, and not at all where it lies in the future: RFC 9110, section 13.1.3, and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function isNotModified(headers: IncomingHttpHeaders, version: StoredVersion, now: Date): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.split(',').some((tag) => isTagOf(tag.trim(), version));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return since <= now.getTime() && inSeconds(version) <= since;
}

/** Whether a `Range` still counts: for another version `If-Range` asks for all of it. RFC 9110, section 13.1.5. */
export function isRangeWanted(
  { 'if-range': condition }: IncomingHttpHeaders,
  version: StoredVersion,
): boolean {
  if (condition === undefined || condition === version.etag) return true;
  return Date.parse(String(condition)) === inSeconds(version);
}

/** S3 does not mind a tag without its quotes. */
function isTagOf(tag: string, { etag }: StoredVersion): boolean {
  return tag === '*' || tag === etag || `"${tag}"` === etag || tag === `W/${etag}`;
}

/** `Last-Modified` has no milliseconds. */
function inSeconds({ lastModified }: StoredVersion): number {
  return Math.floor(Date.parse(lastModified) / 1000) * 1000;
}
