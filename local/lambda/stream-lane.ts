import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import { countDelivered } from './batch-response.ts';
import type { DiscardedBatch, EventSourceMappingOptions } from './mapping.ts';

interface Batch {
  readonly records: readonly DynamoDBRecord[];
  /** How often the function has failed on it since one of its records was delivered. Bisecting does not count. */
  readonly failures: number;
}

export interface LaneSignals {
  /** From then on no batch is begun. */
  readonly stop: AbortSignal;
  /** From then on the outcome of a batch that is under way is not written down. */
  readonly abandon: AbortSignal;
}

const MAX_BACKOFF_MS = 10_000;

/**
 * From the begin of a batch to that of the next one, in milliseconds, unless the next one is full: under load a batch then takes
 * many records. Lambda looks for records four times a second: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
const PACE_MS = 100;

/** Delivers the records of some of the items, one batch after the other. */
export class StreamLane {
  readonly #options: EventSourceMappingOptions;
  readonly #signals: LaneSignals;
  readonly #waiting: DynamoDBRecord[] = [];
  /** The rest of batches that failed; it goes before what waits. */
  readonly #unfinished: Batch[] = [];
  #failuresInARow = 0;
  /** When the last batch began, by `performance.now()`. */
  #begunAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: EventSourceMappingOptions, signals: LaneSignals) {
    this.#options = options;
    this.#signals = signals;
  }

  push(record: DynamoDBRecord): void {
    this.#waiting.push(record);
    this.#running ??= this.#run();
  }

  /** Resolves once nothing is being delivered. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Records that come in the same turn of the event loop make one batch.
    await nextTurn();
    for (;;) {
      await this.#keepPace();
      const batch = this.#next();
      if (batch === undefined) break;
      this.#begunAt = performance.now();
      const left = await this.#deliver(batch).catch((error) => {
        // The outcome could not be written down, which is not the function's failure: the batch is delivered again.
        console.error(error);
        return [batch as Batch];
      });
      this.#unfinished.unshift(...left);
      if (left.length === 0) this.#failuresInARow = 0;
      else await this.#backOff();
    }
    this.#running = undefined;
  }

  async #keepPace(): Promise<void> {
    const { length } = this.#waiting;
    if (this.#unfinished.length > 0 || length === 0 || length >= this.#options.settings.batchSize) return;
    const early = this.#begunAt + PACE_MS - performance.now();
    if (early > 0) await sleep(early, undefined, { signal: this.#signals.stop }).catch(() => {});
  }

  #next(): Batch | undefined {
    if (this.#signals.stop.aborted) return undefined;
    const unfinished = this.#unfinished.shift();
    if (unfinished !== undefined) return unfinished;
    const records = this.#waiting.splice(0, this.#options.settings.batchSize);
    return records.length === 0 ? undefined : { records, failures: 0 };
  }

  /** Resolves to the batches to try again, in their order. */
  async #deliver(batch: Batch): Promise<Batch[]> {
    const { bisect, maximumRetryAttempts: retries } = this.#options.settings;
    const records = await this.#discardTooOld(batch);
    if (records.length === 0) return [];
    const { delivered, failed } = await this.#invoke(records);
    if (delivered > 0) this.#failuresInARow = 0;
    this.#acknowledge(records.slice(0, delivered));
    const left = records.slice(delivered);
    if (left.length === 0) return [];

    if (failed && bisect && left.length > 1) {
      const middle = Math.ceil(left.length / 2);
      return [left.slice(0, middle), left.slice(middle)].map((half) => ({ ...batch, records: half }));
    }
    const failures = delivered > 0 ? 1 : batch.failures + 1;
    if (retries < 0 || failures <= retries) return [{ records: left, failures }];
    await this.#discard({ condition: 'RetryAttemptsExhausted', records: left, invokeCount: failures });
    return [];
  }

  /** Resolves to how many records the function is done with, and whether it failed: threw, or gave no valid answer. */
  async #invoke(records: readonly DynamoDBRecord[]): Promise<{ delivered: number; failed: boolean }> {
    const { invoke, settings } = this.#options;
    try {
      const response = await invoke({ Records: [...records] });
      const delivered = settings.reportBatchItemFailures ? countDelivered(response, records) : records.length;
      return { delivered, failed: false };
    } catch {
      return { delivered: 0, failed: true };
    }
  }

  /** Resolves to the records of the batch that are young enough to be delivered. */
  async #discardTooOld({ records, failures }: Batch): Promise<readonly DynamoDBRecord[]> {
    const { settings, now = Date.now } = this.#options;
    const { maximumRecordAgeInSeconds: maximum } = settings;
    if (maximum < 0) return records;
    const created = (record: DynamoDBRecord) => record.dynamodb?.ApproximateCreationDateTime ?? 0;
    const isTooOld = (record: DynamoDBRecord) => now() / 1000 - created(record) > maximum;
    const count = records.findLastIndex(isTooOld) + 1;
    const tooOld = records.slice(0, count);
    if (count > 0) {
      await this.#discard({ condition: 'RecordAgeExceeded', records: tooOld, invokeCount: failures });
    }
    return records.slice(count);
  }

  async #discard(batch: DiscardedBatch): Promise<void> {
    await this.#options.onDiscard(batch);
    this.#acknowledge(batch.records);
  }

  #acknowledge(records: readonly DynamoDBRecord[]): void {
    if (!this.#signals.abandon.aborted) this.#options.stream.acknowledge(records);
  }

  async #backOff(): Promise<void> {
    const { firstBackoffMs = 100 } = this.#options;
    const ms = Math.min(firstBackoffMs * 2 ** this.#failuresInARow, MAX_BACKOFF_MS);
    this.#failuresInARow++;
    await sleep(ms, undefined, { signal: this.#signals.stop }).catch(() => {});
  }
}
