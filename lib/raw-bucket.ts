import { Duration, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { logicalId } from './logical-id.ts';
import { ownAccount } from './own-account.ts';
import { RETAINED } from './retained.ts';
import { MAX_UPLOAD_EXPIRY_SECONDS } from './settings.ts';
import { bucketEncryption, type StoreOptions } from './store-options.ts';
import { TENANT, type TenantRole } from './tenant-role.ts';

/** Every object's key begins with its tenant's prefix. */
const TENANT_OBJECTS = `tenants/${TENANT}/*`;

/** No form is good for longer, whatever it says: the longest window that the stack can be set to. */
const MAX_SIGNATURE_AGE = Duration.seconds(MAX_UPLOAD_EXPIRY_SECONDS);

export interface RawBucketProps extends StoreOptions {
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
  /** The roles that hold something on a tenant's objects. */
  readonly #tenantRoles = new Set<TenantRole>();
  readonly #versionDeleters: string[];
  readonly #denyVersionDeletion: iam.PolicyStatement;

  constructor(
    scope: Construct,
    id: string,
    {
      allowedOrigins = [],
      versionDeleters = [],
      encryptionKey,
      removalPolicy = RETAINED,
    }: RawBucketProps = {},
  ) {
    super(scope, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...bucketEncryption(encryptionKey),
      enforceSSL: true,
      versioned: true,
      removalPolicy,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    // A bucket that stays keeps what it refuses.
    this.policy?.applyRemovalPolicy(removalPolicy);
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
    this.#denyVersionDeletion = new iam.PolicyStatement({
      sid: 'DenyVersionDeletion',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:DeleteObjectVersion'],
      resources: [this.arnForObjects('*')],
    });
    this.#versionDeleters = [];
    this.#letDeleteVersions(versionDeleters);
    this.addToResourcePolicy(this.#denyVersionDeletion);
    // By the L1: the L2's own way brings a function of the CDK's, and a role.
    (this.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    if (allowedOrigins.length > 0) {
      this.addCorsRule({
        allowedOrigins: [...allowedOrigins],
        allowedMethods: [s3.HttpMethods.POST, s3.HttpMethods.GET, s3.HttpMethods.HEAD],
        allowedHeaders: ['*'],
        exposedHeaders: [
          'ETag',
          'Location',
          'x-amz-version-id',
          'content-disposition',
          'content-range',
          'accept-ranges',
        ],
        maxAge: Duration.hours(1).toSeconds(),
      });
    }
  }

  /**
   * Notifications of an app's own are set by a function of the CDK's, which puts them in the place of all that are there: it
   * must set those to EventBridge too (https://github.com/aws/aws-cdk/issues/18150).
   */
  override addEventNotification(...args: Parameters<s3.Bucket['addEventNotification']>): void {
    super.enableEventBridgeNotification();
    super.addEventNotification(...args);
  }

  /** Lets a function sign forms for a tenant's objects, in the tenant's sessions. */
  grantTenantUpload(role: TenantRole, fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.rawBucket, this.bucketName);
    this.encryptionKey?.grant(role, 'kms:GenerateDataKey');
    return this.#grantTenantObjects(role, 's3:PutObject');
  }

  /** Lets a function sign URLs by which a tenant's versions are read, in the tenant's sessions. */
  grantTenantDownload(role: TenantRole): iam.Grant {
    this.encryptionKey?.grant(role, 'kms:Decrypt');
    return this.#grantTenantObjects(role, 's3:GetObjectVersion');
  }

  /** Lets a function describe and read a tenant's objects, and tell a missing one from a denied one, in the tenant's sessions. */
  grantTenantRead(role: TenantRole, fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.rawBucket, this.bucketName);
    fn.addEnvironment(ENV.bucketOwner, this.stack.account);
    // HeadObject tells the checksum of an encrypted object to those who may decrypt it.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    this.encryptionKey?.grant(role, 'kms:Decrypt');
    return this.#grantTenantObjects(role, 's3:GetObject', 's3:GetObjectVersion').combine(
      this.#grantListVersions(role),
    );
  }

  /** Lets a function list and remove versions of a tenant's objects, in the tenant's sessions of a role that nobody else has. */
  grantTenantPurge(role: TenantRole, fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.rawBucket, this.bucketName);
    fn.addEnvironment(ENV.bucketOwner, this.stack.account);
    this.#letDeleteVersions([role.roleArn]);
    return this.#grantTenantObjects(role, 's3:DeleteObjectVersion').combine(this.#grantListVersions(role));
  }

  #letDeleteVersions(arns: readonly string[]): void {
    this.#versionDeleters.push(...arns);
    if (this.#versionDeleters.length === 0) return;
    this.#denyVersionDeletion.addCondition('ArnNotLike', { 'aws:PrincipalArn': [...this.#versionDeleters] });
  }

  #grantListVersions(role: TenantRole): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['s3:ListBucketVersions'],
      resourceArns: [this.bucketArn],
      conditions: { StringLike: { 's3:prefix': TENANT_OBJECTS }, ...ownAccount(this) },
    });
  }

  #grantTenantObjects(role: TenantRole, ...actions: string[]): iam.Grant {
    if (!this.#tenantRoles.has(role)) {
      this.#tenantRoles.add(role);
      Validations.of(role).acknowledge({
        // cdk-nag writes a variable like a reference.
        id: `AwsSolutions-IAM5[Resource::<${logicalId(this)}.Arn>/${TENANT_OBJECTS.replace(/\$\{(.+)\}/, '<$1>')}]`,
        reason: 'All that lies under the one tenant that the session is tagged with, and nothing beside it.',
      });
    }
    return iam.Grant.addToPrincipal({
      grantee: role,
      actions,
      resourceArns: [this.arnForObjects(TENANT_OBJECTS)],
      conditions: ownAccount(this),
    });
  }
}
