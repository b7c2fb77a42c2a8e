import { Duration, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { logicalId } from './logical-id.ts';
import { ownAccount } from './own-account.ts';
import { RETAINED } from './retained.ts';
import { bucketEncryption, type StoreOptions } from './store-options.ts';

/**
 * Where a stream mapping keeps the records that it gives up: whole, where a queue would hold only their position in a
 * stream that forgets them after a day.
 */
export class FailureBucket extends s3.Bucket implements lambda.IEventSourceDlq {
  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy = RETAINED }: StoreOptions = {}) {
    super(scope, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...bucketEncryption(encryptionKey),
      enforceSSL: true,
      removalPolicy,
    });
    // A bucket that stays keeps what it refuses.
    this.policy?.applyRemovalPolicy(removalPolicy);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only Lambda writes here, and only when a stream mapping gives up; the objects themselves are the record of it.',
    });
  }

  /**
   * Grants what Lambda needs to write here in the function's name; CDK's `S3OnFailureDestination` would also let the
   * function read and delete. https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
   */
  bind(_mapping: lambda.IEventSourceMapping, fn: lambda.IFunction): lambda.DlqDestinationConfig {
    iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['s3:PutObject'],
      resourceArns: [this.arnForObjects('*')],
      conditions: ownAccount(this),
    });
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId(this)}.Arn>/*]`,
      reason: 'Lambda names the objects itself, and the bucket holds nothing else.',
    });
    this.encryptionKey?.grant(fn, 'kms:GenerateDataKey');
    iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucketArn],
      conditions: ownAccount(this),
    });
    return { destination: this.bucketArn };
  }

  /**
   * Objects in the bucket; S3 counts them once a day, and says nothing of an empty bucket.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
   *
   * @default - maximum over a day
   */
  metricObjects(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/S3',
      metricName: 'NumberOfObjects',
      dimensionsMap: { BucketName: this.bucketName, StorageType: 'AllStorageTypes' },
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.days(1),
      ...options,
    }).attachTo(this);
  }
}
