import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../disk/journal.ts';
import type { ObjectVersion } from './object-version.ts';

/** The request that has changed an object, as an event tells of it. */
export interface Cause {
  /** The event's own id: a UUID. */
  readonly eventId: string;
  readonly reason: 'PostObject' | 'DeleteObject';
  readonly requestId: string;
  readonly sourceIp: string;
}

/** A change of an object that EventBridge is told of. */
export interface ObjectChange {
  /** The version that was added, or removed for good. */
  readonly version: ObjectVersion;
  readonly removed: boolean;
  readonly cause: Cause;
  /** When it was made, in RFC 3339. */
  readonly at: string;
  /** The change's number among all that are told, from 1. */
  readonly number: number;
}

/** How long after a failure it is tried again, in milliseconds. */
const BACKOFF_MS = 1_000;

/**
 * Tells of changes, in their order and each at least once. The store's journal holds them; a file of its own holds how many
 * of them were told, so that the next process goes on from there after a crash.
 */
export class Notifications {
  readonly #journal: Journal<{ readonly told: number }>;
  readonly #waiting: ObjectChange[] = [];
  readonly #stop = new AbortController();
  #emit: ((change: ObjectChange) => void) | undefined;
  #running: Promise<void> | undefined;
  #told: number;
  #added = 0;

  constructor(path: string) {
    const { journal, entries } = Journal.open<{ readonly told: number }>(path);
    journal.close();
    this.#told = entries.at(-1)?.told ?? 0;
    this.#journal = Journal.rewrite(path, [{ told: this.#told }]);
  }

  /** Takes each change that the store's journal has, from its first one. */
  add(change: Omit<ObjectChange, 'number'>): void {
    const number = ++this.#added;
    if (number <= this.#told) return;
    this.#waiting.push({ ...change, number });
    this.#running ??= this.#run();
  }

  /**
   * Begins to tell, first of what an earlier process has left.
   *
   * @param emit returns once whoever is told has the change for good; if it throws it is called again
   */
  start(emit: (change: ObjectChange) => void): void {
    this.#emit = emit;
    this.#running ??= this.#run();
  }

  /** Tells of nothing any more. */
  stop(): void {
    this.#stop.abort();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#running;
    this.#journal.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    // Whoever has made the change is answered first.
    await sleep(0);
    for (let change = this.#waiting[0]; change !== undefined; change = this.#waiting[0]) {
      if (this.#emit === undefined || signal.aborted) break;
      try {
        this.#emit(change);
        this.#journal.append({ told: change.number });
        this.#told = change.number;
        this.#waiting.shift();
      } catch (error) {
        console.error(error);
        await sleep(BACKOFF_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
    this.#running = undefined;
  }
}
