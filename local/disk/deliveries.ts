import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from './journal.ts';

export interface RetryPolicy {
  /** How many attempts may follow the first one. */
  readonly maximumRetryAttempts: number;
  /** How long after an item came it may be attempted. */
  readonly maximumEventAgeInSeconds: number;
}

/** Why an item is given up. */
export interface Exhausted {
  readonly condition: 'RetriesExhausted' | 'EventAgeExceeded';
  /** How often it was attempted since the process started. */
  readonly attempts: number;
  /** The error of the last attempt; undefined where there was no attempt. */
  readonly error: unknown;
}

export interface DeliveriesOptions<TItem> {
  /** The file that keeps items until they are delivered or given up. */
  readonly path: string;
  readonly retryPolicy: RetryPolicy;
  /** Delivers an item once. A rejection counts as a failure. */
  readonly attempt: (item: TItem) => Promise<unknown>;
  /** Called with an item that is given up, to keep it elsewhere. After a rejection the item is tried again. */
  readonly giveUp: (item: TItem, reason: Exhausted) => Promise<void>;
  /** The wait after a first failure, in milliseconds. It doubles with each failure in a row, up to 10 s. @default 100 */
  readonly firstBackoffMs?: number | undefined;
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: (() => number) | undefined;
}

interface Delivery<TItem> {
  readonly id: string;
  /** When the item came, in epoch milliseconds. */
  readonly at: number;
  readonly item: TItem;
}

/** A line of the file: an item that came, or the id of one that is done with. */
type DeliveryLine<TItem> = { readonly added: Delivery<TItem> } | { readonly done: string };

/** The most items that are under way at a time. An item that waits to be tried again counts. */
const MAX_AT_ONCE = 10;
const MAX_BACKOFF_MS = 10_000;
/** For how many milliseconds `close` waits for items that are under way. */
const GRACE_MS = 2_000;

/**
 * Delivers items, each at least once and in no particular order. An item is on disk until it is delivered or given up, so
 * that the next process to open the file after a crash delivers the items that were left.
 */
export class Deliveries<TItem> {
  readonly #options: DeliveriesOptions<TItem>;
  readonly #journal: Journal<DeliveryLine<TItem>>;
  readonly #waiting: Delivery<TItem>[];
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #started = false;
  #closed = false;

  /** Opens the file, making it on first use, and drops from it the items that are done with. */
  constructor(options: DeliveriesOptions<TItem>) {
    const { path } = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#options = options;
    const { journal, entries } = Journal.open<DeliveryLine<TItem>>(path);
    journal.close();
    this.#waiting = leftOf(entries);
    this.#journal = Journal.rewrite<DeliveryLine<TItem>>(
      path,
      this.#waiting.map((added) => ({ added })),
    );
  }

  /** Begins to deliver, first the items that an earlier process has left. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  /** Returns once the item would survive the end of the process. */
  add(item: TItem): void {
    const delivery = { id: randomUUID(), at: this.#now(), item };
    this.#journal.append({ added: delivery });
    this.#waiting.push(delivery);
    this.#pump();
  }

  /**
   * Begins no further delivery, and waits two seconds for those that are under way. An item whose delivery takes longer is
   * delivered again by the next process.
   */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await Promise.race([Promise.all(this.#underWay), sleep(GRACE_MS, undefined, { ref: false })]);
    this.#closed = true;
    this.#journal.close();
  }

  #pump(): void {
    while (this.#started && !this.#stop.signal.aborted && this.#underWay.size < MAX_AT_ONCE) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) return;
      const running = this.#deliver(delivery).finally(() => {
        this.#underWay.delete(running);
        this.#pump();
      });
      this.#underWay.add(running);
    }
  }

  async #deliver(delivery: Delivery<TItem>): Promise<void> {
    try {
      const exhausted = await this.#attempt(delivery);
      if (exhausted !== undefined) await this.#options.giveUp(delivery.item, exhausted);
      if (!this.#closed) this.#journal.append({ done: delivery.id });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // The outcome of the delivery could not be kept, which is no failure of the item: it is tried again.
      console.error(error);
      await this.#backOff(1).catch(() => {});
      this.#waiting.push(delivery);
    }
  }

  /** Resolves once the item is delivered, or to why it is given up. Rejects if `close` is called before that. */
  async #attempt({ at, item }: Delivery<TItem>): Promise<Exhausted | undefined> {
    let error: unknown;
    for (let attempts = 0; ; attempts++) {
      const condition = this.#exhausted(at, attempts);
      if (condition !== undefined) return { condition, attempts, error };
      if (attempts > 0) await this.#backOff(attempts);
      try {
        await this.#options.attempt(item);
        return undefined;
      } catch (thrown) {
        error = thrown;
      }
    }
  }

  #exhausted(at: number, attempts: number): Exhausted['condition'] | undefined {
    const { maximumRetryAttempts, maximumEventAgeInSeconds } = this.#options.retryPolicy;
    if (this.#now() - at > maximumEventAgeInSeconds * 1000) return 'EventAgeExceeded';
    return attempts > maximumRetryAttempts ? 'RetriesExhausted' : undefined;
  }

  async #backOff(failures: number): Promise<void> {
    const { firstBackoffMs = 100 } = this.#options;
    const ms = Math.min(firstBackoffMs * 2 ** (failures - 1), MAX_BACKOFF_MS);
    await sleep(ms, undefined, { signal: this.#stop.signal });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function leftOf<TItem>(lines: readonly DeliveryLine<TItem>[]): Delivery<TItem>[] {
  const left = new Map<string, Delivery<TItem>>();
  for (const line of lines) {
    if ('added' in line) left.set(line.added.id, line.added);
    else left.delete(line.done);
  }
  return [...left.values()];
}
