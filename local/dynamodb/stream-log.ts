import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBRecord } from 'aws-lambda';
import { Journal } from '../disk/journal.ts';
import type { Item } from './dynalite.ts';
import { type Change, nextSequenceNumber, sequenceNumberOf, toStreamRecord } from './stream-record.ts';

/** A write that is about to be made, and what it may change. */
export type Intent = Omit<Change, 'new'>;

type Entry =
  | { readonly intent: Intent }
  /** What the intent before it came to. */
  | { readonly record: DynamoDBRecord }
  /** Sequence numbers of records that their reader is done with. */
  | { readonly done: readonly string[] }
  /** The sequence number to go on from: of a record that is no longer kept. */
  | { readonly last: string };

export interface StreamLogOptions {
  readonly streamArn: string;
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: () => number;
}

/**
 * A table's stream on disk. A write is announced by `intend` and ended by `settle`, which appends a record if the item
 * has changed; whoever opens the log after a crash in between finds the intent `pending`, and settles it with the item
 * as it is by then. Writes are made one at a time, so there is one such intent at most.
 */
export class StreamLog {
  readonly #journal: Journal<Entry>;
  readonly #options: StreamLogOptions;
  readonly #undelivered: Map<string, DynamoDBRecord>;
  readonly #listeners = new Set<(record: DynamoDBRecord) => void>();
  #last: string | undefined;
  #pending: Intent | undefined;

  /** Opens the log, making it on first use, and drops from it what is done with. */
  constructor(path: string, options: StreamLogOptions) {
    this.#options = options;
    const { journal, entries } = Journal.open<Entry>(path);
    journal.close();
    const { undelivered, last, pending } = replay(entries);
    this.#undelivered = undelivered;
    this.#last = last;
    this.#pending = pending;
    this.#journal = Journal.rewrite<Entry>(path, [
      ...[...undelivered.values()].map((record) => ({ record })),
      // After the records, of which none need be the last that there was.
      ...(last === undefined ? [] : [{ last }]),
      ...(pending === undefined ? [] : [{ intent: pending }]),
    ]);
  }

  /** The write whose outcome is not known. */
  get pending(): Intent | undefined {
    return this.#pending;
  }

  intend(intent: Intent): void {
    if (this.#pending !== undefined) throw new Error('The write before this one is not settled');
    this.#journal.append({ intent });
    this.#pending = intent;
  }

  /** Ends the pending intent; `image` is the item as it is now. */
  settle(image: Item | undefined): void {
    const intent = this.#pending;
    if (intent === undefined) throw new Error('There is no write to settle');
    if (isDeepStrictEqual(intent.old, image)) {
      this.#pending = undefined;
      return;
    }
    const { streamArn, now = Date.now } = this.#options;
    const sequenceNumber = nextSequenceNumber(this.#last);
    const change = image === undefined ? intent : { ...intent, new: image };
    const record = toStreamRecord(change, { sequenceNumber, streamArn, now: now() });
    this.#journal.append({ record });
    this.#pending = undefined;
    this.#last = sequenceNumber;
    this.#undelivered.set(sequenceNumber, record);
    for (const listener of this.#listeners) listener(record);
  }

  /** What no reader is done with, oldest first. */
  undelivered(): readonly DynamoDBRecord[] {
    return [...this.#undelivered.values()];
  }

  /** Calls `listener` with each record from now on. @returns how to stop it */
  subscribe(listener: (record: DynamoDBRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Notes that these need not be delivered again. */
  acknowledge(records: readonly DynamoDBRecord[]): void {
    if (records.length === 0) return;
    const done = records.map(sequenceNumberOf);
    this.#journal.append({ done });
    for (const sequenceNumber of done) this.#undelivered.delete(sequenceNumber);
  }

  close(): void {
    this.#journal.close();
  }
}

function replay(entries: readonly Entry[]) {
  const undelivered = new Map<string, DynamoDBRecord>();
  let last: string | undefined;
  let pending: Intent | undefined;
  for (const entry of entries) {
    if ('intent' in entry) {
      // An intent that another follows has changed nothing.
      pending = entry.intent;
    } else if ('record' in entry) {
      last = sequenceNumberOf(entry.record);
      undelivered.set(last, entry.record);
      pending = undefined;
    } else if ('done' in entry) {
      for (const sequenceNumber of entry.done) undelivered.delete(sequenceNumber);
    } else {
      last = entry.last;
    }
  }
  return { undelivered, last, pending };
}
