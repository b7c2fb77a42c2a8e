import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** How stored data is encrypted, and whether it is deleted with its stack. */
export interface StoreOptions {
  /**
   * The key that encrypts the data.
   *
   * @default - AWS's own
   */
  readonly encryptionKey?: kms.IKey | undefined;
  /**
   * Whether the data is deleted with the stack. A bucket is deleted only once it is empty: the service has no
   * program that would empty it.
   *
   * @default - it stays
   */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** A bucket's key saves a call of KMS for each object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html */
export function bucketEncryption(encryptionKey: kms.IKey | undefined) {
  if (encryptionKey === undefined) return { encryption: s3.BucketEncryption.S3_MANAGED };
  return { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true };
}
