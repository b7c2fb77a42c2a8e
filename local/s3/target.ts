import { AwsError } from '../http/aws-error.ts';

/** The bucket and the key that a path-style URL names, and its query. */
export interface Target {
  readonly bucket: string;
  /** Empty where the URL names the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/**
 * Reads the URL of a request as it was received. No segment of its path is special, for a key may hold `..` or `//`.
 *
 * @throws AwsError 400 InvalidURI
 */
export function parseTarget(url: string): Target {
  const [path = '', search = ''] = url.split(/\?(.*)/s);
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  try {
    return {
      bucket: decodeURIComponent(bucket),
      key: decodeURIComponent(key),
      query: new URLSearchParams(search),
    };
  } catch {
    throw new AwsError(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}
