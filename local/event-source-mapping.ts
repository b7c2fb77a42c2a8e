import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { StreamLane } from './stream-lane.ts';
import type { StreamLog } from './stream-log.ts';

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

/** Records that are given up. */
export interface DiscardedBatch {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly records: readonly DynamoDBRecord[];
  /** How often the function has failed on them. */
  readonly invokeCount: number;
}

export interface EventSourceMappingOptions {
  readonly stream: Pick<StreamLog, 'undelivered' | 'subscribe' | 'acknowledge'>;
  readonly settings: EventSourceMappingSettings;
  /** Runs the function; a rejection is its failure on the whole batch. */
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<unknown>;
  /** Keeps records that are given up; while it rejects they are not, and it is called again. */
  readonly onDiscard: (batch: DiscardedBatch) => Promise<void>;
  /** Doubled with each failure in a row, up to 10 s. @default 100 */
  readonly firstBackoffMs?: number;
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: () => number;
}

/** How long `close` waits for what is under way. */
const GRACE_MS = 2_000;

/**
 * Hands a stream to a function as Lambda does: from the oldest record that is not done with, in batches, those of one
 * item in their order and each at least once.
 */
export class EventSourceMapping {
  readonly #stream: EventSourceMappingOptions['stream'];
  readonly #lanes: readonly StreamLane[];
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  #unsubscribe = () => {};

  constructor(options: EventSourceMappingOptions) {
    this.#stream = options.stream;
    const signals = { stop: this.#stop.signal, abandon: this.#abandon.signal };
    const { parallelizationFactor } = options.settings;
    this.#lanes = Array.from({ length: parallelizationFactor }, () => new StreamLane(options, signals));
  }

  start(): void {
    for (const record of this.#stream.undelivered()) this.#push(record);
    this.#unsubscribe = this.#stream.subscribe((record) => this.#push(record));
  }

  /** Begins no further batch, and waits a little for those under way; those that take longer are delivered again. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    const idle = Promise.all(this.#lanes.map((lane) => lane.idle()));
    await Promise.race([idle, sleep(GRACE_MS, undefined, { ref: false })]);
    this.#abandon.abort();
  }

  /** Lambda chooses by the partition key; by the whole key, an item's records are in one lane all the same. */
  #push(record: DynamoDBRecord): void {
    const key = JSON.stringify(record.dynamodb?.Keys);
    const hash = createHash('md5').update(key).digest().readUInt32BE();
    this.#lanes[hash % this.#lanes.length]?.push(record);
  }
}
