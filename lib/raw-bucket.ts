import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';

/** What the service may touch: every object's key begins with its tenant's prefix. */
const TENANTS = 'tenants/*';

export interface RawBucketProps {
  /**
   * Origins of browser clients that upload to the bucket and read from it.
   *
   * @default - none
   */
  readonly allowedOrigins?: readonly string[];
}

/** The raw files, every version of them: a registered asset is one version, so none expires. */
export class RawBucket extends s3.Bucket {
  constructor(scope: Construct, id: string, { allowedOrigins = [] }: RawBucketProps = {}) {
    super(scope, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    if (allowedOrigins.length > 0) {
      this.addCorsRule({
        allowedOrigins: [...allowedOrigins],
        allowedMethods: [s3.HttpMethods.POST, s3.HttpMethods.GET, s3.HttpMethods.HEAD],
        allowedHeaders: ['*'],
        exposedHeaders: ['ETag', 'Location', 'x-amz-version-id'],
        maxAge: Duration.hours(1).toSeconds(),
      });
    }
  }

  /** Lets the forms that a function signs put objects. */
  grantUpload(fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.rawBucket, this.bucketName);
    return iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['s3:PutObject'],
      resourceArns: [this.arnForObjects(TENANTS)],
    });
  }

  /** Lets a function describe and read versions of objects, and tell one that is missing from one it may not read. */
  grantInspect(fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.rawBucket, this.bucketName);
    const read = iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resourceArns: [this.arnForObjects(TENANTS)],
    });
    const list = iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['s3:ListBucketVersions'],
      resourceArns: [this.bucketArn],
      conditions: { StringLike: { 's3:prefix': TENANTS } },
    });
    return read.combine(list);
  }
}
