import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { TENANT, type TenantRole } from './tenant-role.ts';

export interface AssetTableProps {
  /**
   * Whether the table refuses to be deleted.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;
}

/** One item an asset. Its stream carries the outbox, so both images of every change are in it. */
export class AssetTable extends dynamodb.Table {
  constructor(scope: Construct, id: string, { deletionProtection = false }: AssetTableProps = {}) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'purge_at',
      stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Never undefined: the table has a stream. */
  override get tableStreamArn(): string {
    return super.tableStreamArn as string;
  }

  /** What a function needs to know of the table. */
  get environment(): Record<string, string> {
    return { [ENV.assetTable]: this.tableName };
  }

  /**
   * Lets a tenant's sessions find, add and change that tenant's items.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantTenant(role: TenantRole): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resourceArns: [this.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${TENANT}#*`] },
        // "For all" is true of no keys at all: without this a request that names none would pass.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    });
  }
}
