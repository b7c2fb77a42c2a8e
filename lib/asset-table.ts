import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LIST_INDEX } from '#core/assets/list-key';
import { ENV } from '#core/env';
import { RETAINED } from './retained.ts';
import type { StoreOptions } from './store-options.ts';
import { TENANT, type TenantRole } from './tenant-role.ts';

/** Partition keys of the table and of its index begin with the tenant. */
const OF_TENANT = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${TENANT}#*`] },
  // "For all" is true of no keys at all: without this a request that names none would pass.
  Null: { 'dynamodb:LeadingKeys': 'false' },
};

export interface AssetTableProps extends StoreOptions {
  /**
   * Whether the table refuses to be deleted.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;
}

/** One item an asset. Its stream carries the outbox, so both images of every change are in it. */
export class AssetTable extends dynamodb.Table {
  constructor(
    scope: Construct,
    id: string,
    { deletionProtection = false, encryptionKey, removalPolicy = RETAINED }: AssetTableProps = {},
  ) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection,
      removalPolicy,
      ...(encryptionKey && { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    });
    this.addGlobalSecondaryIndex({
      indexName: LIST_INDEX,
      partitionKey: { name: 'list_pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'list_sk', type: dynamodb.AttributeType.STRING },
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: ['content_type'],
    });
  }

  /** Never undefined: the table has a stream. */
  override get tableStreamArn(): string {
    return super.tableStreamArn as string;
  }

  /**
   * Requests that DynamoDB throttled, by the table's own limits or the account's.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
   *
   * @default - sum over 5 minutes
   */
  metricThrottledCalls(): cloudwatch.MathExpression {
    const metric = (name: string) => this.metric(name, { statistic: cloudwatch.Stats.SUM });
    return new cloudwatch.MathExpression({
      // Either has no values at all until it is above zero.
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: { reads: metric('ReadThrottleEvents'), writes: metric('WriteThrottleEvents') },
      label: 'Throttled calls',
    });
  }

  /** Lets a function find a tenant's items, in the tenant's sessions. */
  grantTenantRead(role: TenantRole, fn: lambda.Function): iam.Grant {
    this.encryptionKey?.grant(role, 'kms:Decrypt', 'kms:DescribeKey');
    return this.#grantTenant(role, fn, 'dynamodb:GetItem', 'dynamodb:BatchGetItem');
  }

  /** Lets a tenant's items be listed, in the tenant's sessions. */
  grantTenantList(role: TenantRole): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['dynamodb:Query'],
      resourceArns: [`${this.tableArn}/index/${LIST_INDEX}`],
      conditions: OF_TENANT,
    });
  }

  /** Lets a function add and change a tenant's items, in the tenant's sessions. */
  grantTenantWrite(role: TenantRole, fn: lambda.Function): iam.Grant {
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    this.encryptionKey?.grant(
      role,
      'kms:Encrypt',
      'kms:ReEncrypt*',
      'kms:GenerateDataKey*',
      'kms:Decrypt',
      'kms:DescribeKey',
    );
    return this.#grantTenant(role, fn, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
  #grantTenant(role: TenantRole, fn: lambda.Function, ...actions: string[]): iam.Grant {
    fn.addEnvironment(ENV.assetTable, this.tableName);
    return iam.Grant.addToPrincipal({
      grantee: role,
      actions,
      resourceArns: [this.tableArn],
      conditions: OF_TENANT,
    });
  }
}
