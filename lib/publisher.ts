import { Duration, Validations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '#core/env';
import type { AssetTable } from './asset-table.ts';
import type { EventBus } from './event-bus.ts';
import { FailureBucket } from './failure-bucket.ts';
import { RawFunction } from './raw-function.ts';

export interface PublisherProps {
  /** Its stream is the outbox. */
  readonly table: AssetTable;
  readonly bus: EventBus;
}

/** The outbox's only reader: from the table's stream to the bus, at least once and in each asset's order. */
export class Publisher extends Construct {
  readonly fn: lambda.Function;
  /** Holds what can never be published. */
  readonly poisonQueue: sqs.Queue;
  /** Holds what the stream mapping gave up. */
  readonly failureBucket: FailureBucket;

  constructor(scope: Construct, id: string, { table, bus }: PublisherProps) {
    super(scope, id);
    this.poisonQueue = new sqs.Queue(this, 'PoisonQueue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.poisonQueue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is a dead-letter queue itself, of what publish-events cannot publish; no program consumes it.',
    });
    this.fn = new RawFunction(this, 'publish-events', {
      memorySize: 512,
      timeout: Duration.seconds(60),
      environment: { [ENV.poisonQueueUrl]: this.poisonQueue.queueUrl },
    });
    this.poisonQueue.grant(this.fn, 'sqs:SendMessage');
    bus.grantPublish(this.fn);
    this.failureBucket = new FailureBucket(this, 'FailureBucket');
    this.fn.addEventSource(
      new DynamoEventSource(table, {
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        parallelizationFactor: 10,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // Retried until too old, which is well before the stream drops a record at 24 hours.
        retryAttempts: -1,
        maxRecordAge: Duration.hours(20),
        onFailure: this.failureBucket,
      }),
    );
    Validations.of(this.fn.role ?? this.fn).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'dynamodb:ListStreams, which stream mappings need, knows no resource. It tells the ARNs of streams, no record.',
    });
  }
}
