import { fdatasync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

/** From the end of a sync to the next one, in milliseconds: what comes meanwhile shares it, since each takes a thread and the disk. */
const INTERVAL_MS = 5;

/** Brings a file, or a directory's names, to disk. Those who ask at about the same time share a sync. */
export class GroupSync {
  readonly #descriptor: number;
  /** The sync that runs. */
  #running: Promise<void> | undefined;
  /** The one that follows. */
  #next: Promise<void> | undefined;
  /** When the last one ended. */
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Resolves once everything that is written by now would survive a loss of power. */
  synced(): Promise<void> {
    this.#next ??= this.#syncAfter(this.#running);
    return this.#next;
  }

  /** Resolves once no sync runs, or is asked for. */
  async idle(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => {});
  }

  get isIdle(): boolean {
    return (this.#next ?? this.#running) === undefined;
  }

  async #syncAfter(earlier: Promise<void> | undefined): Promise<void> {
    await earlier?.catch(() => {});
    const early = this.#endedAt + INTERVAL_MS - performance.now();
    if (early > 0) await sleep(early);
    this.#running = this.#next;
    this.#next = undefined;
    try {
      await sync(this.#descriptor);
    } finally {
      this.#endedAt = performance.now();
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}
