import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import type { EventSourceMappingOptions } from './mapping.ts';
import { StreamLane } from './stream-lane.ts';

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
