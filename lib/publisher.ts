import { Duration, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { METRIC, METRICS_DIMENSION, METRICS_NAMESPACE, type MetricName } from '#core/metrics';
import type { AssetTable } from './asset-table.ts';
import type { EventBus } from './event-bus.ts';
import { FailureBucket } from './failure-bucket.ts';
import type { FunctionOptions } from './function-options.ts';
import { PoisonQueue } from './poison-queue.ts';
import { RawFunction } from './raw-function.ts';
import type { StoreOptions } from './store-options.ts';
import { StreamMapping } from './stream-mapping.ts';

export interface PublisherProps {
  /** Its stream is the outbox. */
  readonly table: AssetTable;
  readonly bus: EventBus;
  /**
   * How many batches of one shard of the stream are published at a time, 1 to 10; each takes one of the account's
   * concurrent executions.
   *
   * @default 10
   */
  readonly parallelization?: number | undefined;
  /**
   * Options that the account's rules may require.
   *
   * @default - nothing
   */
  readonly options?: FunctionOptions & StoreOptions;
}

/** Matches the leaf of an image that holds the status. */
const status = (...rule: unknown[]) => ({ status: { S: rule } });
const NO_IMAGE = { pk: { S: [{ exists: false }] } };

/**
 * Lets through the changes that have an event, by the images before and after: a status other than presigned, the beginning
 * of a life, and a removal of what was not closed. A window that is moved, or a version that is noted, has none.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
const CHANGES = [
  { NewImage: status({ 'anything-but': ['presigned'] }) },
  { NewImage: status('presigned'), OldImage: NO_IMAGE },
  { NewImage: status('presigned'), OldImage: status('expired', 'purged') },
  { NewImage: NO_IMAGE, OldImage: status('presigned', 'deleted') },
].map((dynamodb) => lambda.FilterCriteria.filter({ dynamodb }));

/** The outbox's only reader: from the table's stream to the bus, at least once and in each asset's order. */
export class Publisher extends Construct {
  readonly fn: lambda.Function;
  /** Holds what can never be published. */
  readonly poisonQueue: PoisonQueue;
  /** Holds what the stream mapping gave up. */
  readonly failureBucket: FailureBucket;
  readonly #mapping: StreamMapping;

  constructor(
    scope: Construct,
    id: string,
    { table, bus, parallelization = 10, options = {} }: PublisherProps,
  ) {
    super(scope, id);
    this.fn = new RawFunction(this, 'PublishEvents', {
      handler: 'publish-events',
      memorySize: 512,
      timeout: Duration.seconds(60),
      options,
    });
    this.poisonQueue = new PoisonQueue(this, 'PoisonQueue', options);
    this.poisonQueue.grantSend(this.fn);
    bus.grantPublish(this.fn);
    this.failureBucket = new FailureBucket(this, 'FailureBucket', options);
    this.#mapping = new StreamMapping({
      table,
      filters: CHANGES,
      failureBucket: this.failureBucket,
      parallelization,
    });
    this.fn.addEventSource(this.#mapping);
    Validations.of(this.fn.role ?? this.fn).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'dynamodb:ListStreams, which stream mappings need, knows no resource. It tells the ARNs of streams, no record.',
    });
  }

  /** The role that puts the events on the bus. */
  get roleArn(): string {
    return (this.fn.role as iam.IRole).roleArn;
  }

  /** Milliseconds from a change to its event on the bus. @default - p99 over 5 minutes */
  metricEventAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#metric(METRIC.eventAge, { statistic: cloudwatch.Stats.percentile(99), ...options });
  }

  /** Entries that the bus did not take, each time; they are tried again. @default - sum over 5 minutes */
  metricFailedEntries(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#metric(METRIC.failedEntries, { statistic: cloudwatch.Stats.SUM, ...options });
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

  #metric(metricName: MetricName, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: { [METRICS_DIMENSION]: this.fn.functionName },
      ...options,
    }).attachTo(this);
  }
}
