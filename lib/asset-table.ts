import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';

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

  /** Lets a function add an asset, and find it and renew its window when the call is repeated. */
  grantPresign(fn: lambda.Function): iam.Grant {
    return this.#grant(fn, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  /** Lets a function find an asset and register it. */
  grantRegister(fn: lambda.Function): iam.Grant {
    return this.#grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }

  /** Lets a function find an asset. */
  grantFind(fn: lambda.Function): iam.Grant {
    return this.#grant(fn, 'dynamodb:GetItem');
  }

  #grant(fn: lambda.Function, ...actions: string[]): iam.Grant {
    fn.addEnvironment(ENV.assetTable, this.tableName);
    return this.grant(fn, ...actions);
  }
}
