import type { IncomingMessage } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { describeRefusal } from '../iam/principal.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { Verified } from '../iam/sigv4.ts';
import { ACCOUNT_ID } from '../template/account.ts';
import type { Target } from './target.ts';

/** Decides what the signer of one request may do. */
export class S3Authorization {
  readonly #iam: AccessControl;
  readonly #verified: Verified;
  readonly #now: Date;

  constructor(iam: AccessControl, verified: Verified, now: Date) {
    this.#iam = iam;
    this.#verified = verified;
    this.#now = now;
  }

  allows(action: string, { bucket, key, query }: Pick<Target, 'bucket' | 'key' | 'query'>): boolean {
    return this.#iam.allows(this.#verified.principal, this.#access(action, bucket, key, query));
  }

  /** @throws AwsError 403 AccessDenied */
  require(action: string, target: Pick<Target, 'bucket' | 'key' | 'query'>): void {
    if (this.allows(action, target)) return;
    const access = this.#access(action, target.bucket, target.key, target.query);
    throw new AwsError(403, 'AccessDenied', describeRefusal(this.#verified.principal, access));
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html */
  #access(action: string, bucket: string, key: string, query: URLSearchParams) {
    const prefix = query.get('prefix');
    return {
      action,
      resource: `arn:aws:s3:::${bucket}${key && `/${key}`}`,
      context: {
        's3:signatureAge': String(this.#now.getTime() - this.#verified.signedAt.getTime()),
        ...(prefix !== null && key === '' && { 's3:prefix': prefix }),
      },
    };
  }
}

/**
 * Refuses a request that expects the bucket to belong to another account. In a presigned URL the query may hold the header.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
export function requireExpectedOwner({ headers }: IncomingMessage, { query }: Target): void {
  const name = 'x-amz-expected-bucket-owner';
  const expected = headers[name] ?? query.get(name) ?? ACCOUNT_ID;
  if (expected !== ACCOUNT_ID) throw new AwsError(403, 'AccessDenied', 'Access Denied');
}
