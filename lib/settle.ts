import { Duration, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '#core/env';
import type { AssetTable } from './asset-table.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { FailureBucket } from './failure-bucket.ts';
import type { FunctionOptions } from './function-options.ts';
import type { RawBucket } from './raw-bucket.ts';
import { RawFunction } from './raw-function.ts';
import type { StoreOptions } from './store-options.ts';
import { StreamMapping } from './stream-mapping.ts';

export interface SettleProps {
  readonly bucket: RawBucket;
  readonly table: AssetTable;
  /** The largest file that is hashed, in bytes, as text. */
  readonly maxHashBytes: string;
  /**
   * Options that the account's rules may require.
   *
   * @default - nothing
   */
  readonly options?: FunctionOptions & StoreOptions;
}

/** It may read a whole file to hash it, as register does, and several side by side. */
const TIMEOUT = Duration.seconds(120);

const status = (...values: readonly string[]) => ({ status: { S: values } });
const NOTED = { arrived: { S: [{ exists: true }] } };
const NO_IMAGE = { pk: { S: [{ exists: false }] } };

/** Lets through the changes that leave versions behind, by the images before and after. */
const ENDS = [
  { OldImage: NOTED, NewImage: status('registered', 'expired') },
  { OldImage: { ...NOTED, ...status('presigned') }, NewImage: NO_IMAGE },
  { OldImage: status('deleted'), NewImage: NO_IMAGE },
  { OldImage: status('registered', 'deleted'), NewImage: status('purged') },
].map((dynamodb) => lambda.FilterCriteria.filter({ dynamodb }));

/**
 * Removes versions that can never be recorded, and registers uploads that register themselves: woken by S3's events, through a
 * queue since every one of them must be worked off, and by the table's stream.
 */
export class Settle extends Construct {
  readonly fn: lambda.Function;
  /** Holds S3's events until they are worked off. */
  readonly queue: sqs.Queue;
  /** Holds the events of S3 that could not be worked off. */
  readonly deadLetterQueue: DeadLetterQueue;
  /** Holds what the stream mapping gave up. */
  readonly failureBucket: FailureBucket;
  readonly #mapping: StreamMapping;

  constructor(scope: Construct, id: string, { bucket, table, maxHashBytes, options = {} }: SettleProps) {
    super(scope, id);
    this.fn = new RawFunction(this, 'Settle', {
      handler: 'settle',
      memorySize: 1024,
      timeout: TIMEOUT,
      environment: { [ENV.maxHashBytes]: maxHashBytes },
      options,
    });
    const { encryptionKey } = options;
    this.deadLetterQueue = new DeadLetterQueue(this, 'ArrivalDeadLetters', {
      encryptionKey,
      of: "S3's events that settle could not work off",
    });
    this.queue = new sqs.Queue(this, 'ArrivalQueue', {
      ...(encryptionKey
        ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: sqs.QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 10 },
    });
    // S3 sends to the account's default bus alone: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    new events.Rule(this, 'ObjectCreated', {
      description: 'Versions that arrive in the raw bucket',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: 'tenants/' }] } },
      },
      targets: [new targets.SqsQueue(this.queue, { deadLetterQueue: this.deadLetterQueue })],
    });
    this.fn.addEventSource(new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true }));

    this.failureBucket = new FailureBucket(this, 'FailureBucket', options);
    this.#mapping = new StreamMapping({ table, filters: ENDS, failureBucket: this.failureBucket });
    this.fn.addEventSource(this.#mapping);
    Validations.of(this.fn.role ?? this.fn).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'dynamodb:ListStreams, which stream mappings need, knows no resource. It tells the ARNs of streams, no record.',
    });
  }

  /** Seconds for which the oldest of S3's events has waited. @default - maximum over 5 minutes */
  metricOldestEvent(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
    });
  }

  /** Milliseconds for which a record waited in the stream. @default - maximum over 5 minutes */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.fn.metric('IteratorAge', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Records that outlasted their retries and are in the failure bucket now. @default - sum over 5 minutes */
  metricGivenUpRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#mapping.metricGivenUpRecords(options).attachTo(this);
  }

  /** Records that outlasted their retries and that the failure bucket did not take. @default - sum over 5 minutes */
  metricDroppedRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#mapping.metricDroppedRecords(options).attachTo(this);
  }
}
