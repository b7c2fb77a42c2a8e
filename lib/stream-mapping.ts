import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, type DynamoEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { AssetTable } from './asset-table.ts';
import type { FailureBucket } from './failure-bucket.ts';

export interface StreamMappingProps {
  readonly table: AssetTable;
  /** What the function is woken by: patterns of the images before and after. */
  readonly filters: NonNullable<DynamoEventSourceProps['filters']>;
  /** Keeps what outlasts its retries. */
  readonly failureBucket: FailureBucket;
  /**
   * How many batches of one shard of the stream are worked off at a time, 1 to 10.
   *
   * @default 1
   */
  readonly parallelization?: number;
}

/** From the table's stream to a function: from its beginning, tried again for 20 hours, and kept whole after that. */
export class StreamMapping extends DynamoEventSource {
  constructor({ table, filters, failureBucket, parallelization }: StreamMappingProps) {
    super(table, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      ...(parallelization !== undefined && { parallelizationFactor: parallelization }),
      filters,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Retried until too old, which is well before the stream drops a record at 24 hours.
      retryAttempts: -1,
      maxRecordAge: Duration.hours(20),
      onFailure: failureBucket,
      metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    });
  }

  /** Records that outlasted their retries and are in the failure bucket now. @default - sum over 5 minutes */
  metricGivenUpRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#metric('OnFailureDestinationDeliveredEventCount', options);
  }

  /** Records that outlasted their retries and that the failure bucket did not take. @default - sum over 5 minutes */
  metricDroppedRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#metric('DroppedEventCount', options);
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics */
  #metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { EventSourceMappingUUID: this.eventSourceMappingId },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    });
  }
}
