import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { logicalId } from './logical-id.ts';
import { MAX_UPLOAD_EXPIRY_SECONDS } from './settings.ts';
import { TENANT, type TenantRole } from './tenant-role.ts';

/** Every object's key begins with its tenant's prefix. */
const TENANT_OBJECTS = `tenants/${TENANT}/*`;

/** No form is good for longer, whatever it says: the longest window that the stack can be set to. */
const MAX_SIGNATURE_AGE = Duration.seconds(MAX_UPLOAD_EXPIRY_SECONDS);

export interface RawBucketProps {
  /**
   * Origins of browser clients that upload to the bucket and read from it.
   *
   * @default - none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * ARNs of the principals that may delete versions, `*` and `?` as wildcards.
   *
   * @default - nobody
   */
  readonly versionDeleters?: readonly string[];
}

/** The raw files, every version of them: a registered asset is one version, so none expires. */
export class RawBucket extends s3.Bucket {
  constructor(
    scope: Construct,
    id: string,
    { allowedOrigins = [], versionDeleters = [] }: RawBucketProps = {},
  ) {
    super(scope, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        "Server access logs are best effort, and would hold every tenant's file names where no tenant's boundary is. " +
        "The API's logs tell who was given which form; CloudTrail's data events, which are complete, are the account's to turn on.",
    });
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'DenyOldSignatures',
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:*'],
        resources: [this.arnForObjects('*')],
        conditions: { NumericGreaterThan: { 's3:signatureAge': MAX_SIGNATURE_AGE.toMilliseconds() } },
      }),
    );
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'DenyVersionDeletion',
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:DeleteObjectVersion'],
        resources: [this.arnForObjects('*')],
        ...(versionDeleters.length > 0 && {
          conditions: { ArnNotLike: { 'aws:PrincipalArn': [...versionDeleters] } },
        }),
      }),
    );
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

  /** What a function that reads the bucket needs to know of it. */
  get environment(): Record<string, string> {
    return { [ENV.rawBucket]: this.bucketName, [ENV.bucketOwner]: this.stack.account };
  }

  /** Lets a tenant's sessions put, describe and read that tenant's objects, and tell a missing one from a denied one. */
  grantTenant(role: TenantRole): iam.Grant {
    const objects = iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['s3:PutObject', 's3:GetObject', 's3:GetObjectVersion'],
      resourceArns: [this.arnForObjects(TENANT_OBJECTS)],
    });
    Validations.of(role).acknowledge({
      // cdk-nag writes a variable like a reference.
      id: `AwsSolutions-IAM5[Resource::<${logicalId(this)}.Arn>/${TENANT_OBJECTS.replace(/\$\{(.+)\}/, '<$1>')}]`,
      reason: 'All that lies under the one tenant that the session is tagged with, and nothing beside it.',
    });
    const list = iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['s3:ListBucketVersions'],
      resourceArns: [this.bucketArn],
      conditions: { StringLike: { 's3:prefix': TENANT_OBJECTS } },
    });
    return objects.combine(list);
  }
}
