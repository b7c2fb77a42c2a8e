import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import type { StoredEvent } from './put-events.ts';

/** An event bus. It keeps its events in `events.jsonl`, and calls those who subscribe with each new one. */
export class Bus {
  readonly #journal: Journal<StoredEvent>;
  readonly #events: StoredEvent[];
  readonly #listeners = new Set<(event: StoredEvent) => void>();

  /** Opens the bus kept in `dir`, making it on first use. */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { journal, entries } = Journal.open<StoredEvent>(join(dir, 'events.jsonl'));
    this.#journal = journal;
    this.#events = entries;
  }

  /** Returns once the event would survive the end of the process, and every listener was called with it. */
  put(event: StoredEvent): void {
    this.#journal.append(event);
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Every event, oldest first: also those that an earlier process has kept. */
  events(): readonly StoredEvent[] {
    return this.#events;
  }

  /** Calls `listener` with each event from now on. @returns how to stop it */
  subscribe(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves once every event so far would survive a loss of power. */
  synced(): Promise<void> {
    return this.#journal.synced();
  }

  close(): void {
    this.#journal.close();
  }
}
