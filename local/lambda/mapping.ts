import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { StreamReader } from '../dynamodb/stream-log.ts';
import type { EventPattern } from '../event-pattern/pattern.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
export interface EventSourceMappingSettings {
  /** Records in a batch, at most. */
  readonly batchSize: number;
  /** Batches under way at a time, at most. */
  readonly parallelizationFactor: number;
  /** -1: none is too old. */
  readonly maximumRecordAgeInSeconds: number;
  /** -1: any number. */
  readonly maximumRetryAttempts: number;
  /** Whether a batch that the function fails on is cut in two. */
  readonly bisect: boolean;
  /** Whether the function's answer names the records that failed. */
  readonly reportBatchItemFailures: boolean;
}

/** Records that Lambda gives up. */
export interface DiscardedBatch {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly records: readonly DynamoDBRecord[];
  /** How often the function has failed on them. */
  readonly invokeCount: number;
}

export interface EventSourceMappingOptions {
  readonly stream: StreamReader;
  readonly settings: EventSourceMappingSettings;
  /** A record goes to the function if one of them matches it; the others are done with. @default - every record does */
  readonly filters?: readonly EventPattern[];
  /** Runs the function; a rejection is its failure on the whole batch. */
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<unknown>;
  /** Keeps records before they are given up. While it rejects they stay in the stream, and it is called again. */
  readonly onDiscard: (batch: DiscardedBatch) => Promise<void>;
  /** Doubled with each failure in a row, up to 10 s. @default 100 */
  readonly firstBackoffMs?: number;
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: () => number;
}
