import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import type { EventSourceMappingOptions } from './mapping.ts';
import { StreamLane } from './stream-lane.ts';

/** How long `close` waits for what is under way. */
const GRACE_MS = 2_000;

/**
 * Hands a stream to a function as Lambda does: from the oldest record that this mapping is not done with, in batches,
 * each record at least once and the records of one item in their order. Records that no filter lets through are done
 * with at once: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export class EventSourceMapping {
  readonly #stream: EventSourceMappingOptions['stream'];
  readonly #filters: NonNullable<EventSourceMappingOptions['filters']>;
  readonly #lanes: readonly StreamLane[];
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  /** What no filter let through in this turn of the event loop, to be acknowledged together. */
  #filteredOut: DynamoDBRecord[] = [];
  #acknowledging: NodeJS.Immediate | undefined;
  #unsubscribe = () => {};

  constructor(options: EventSourceMappingOptions) {
    this.#stream = options.stream;
    this.#filters = options.filters ?? [];
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
    this.#acknowledgeFilteredOut();
    const idle = Promise.all(this.#lanes.map((lane) => lane.idle()));
    await Promise.race([idle, sleep(GRACE_MS, undefined, { ref: false })]);
    this.#abandon.abort();
  }

  #push(record: DynamoDBRecord): void {
    if (this.#filters.length === 0 || this.#filters.some((filter) => filter.matches(record))) {
      this.#laneOf(record)?.push(record);
      return;
    }
    this.#filteredOut.push(record);
    this.#acknowledging ??= setImmediate(() => this.#acknowledgeFilteredOut());
  }

  #acknowledgeFilteredOut(): void {
    clearImmediate(this.#acknowledging);
    this.#acknowledging = undefined;
    try {
      this.#stream.acknowledge(this.#filteredOut);
      this.#filteredOut = [];
    } catch (error) {
      // It could not be written down: the next records that are filtered out take these with them.
      console.error(error);
    }
  }

  /** Lambda chooses by the partition key; by the whole key, an item's records are in one lane all the same. */
  #laneOf(record: DynamoDBRecord): StreamLane | undefined {
    const key = JSON.stringify(record.dynamodb?.Keys);
    const hash = createHash('md5').update(key).digest().readUInt32BE();
    return this.#lanes[hash % this.#lanes.length];
  }
}
