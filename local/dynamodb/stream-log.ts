import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBRecord } from 'aws-lambda';
import { Journal } from '../disk/journal.ts';
import type { Item } from './dynalite-store.ts';
import { type KeptRecords, type LogEntry, openingEntries, replay } from './stream-log-entries.ts';
import { type Intent, nextSequenceNumber, sequenceNumberOf, toStreamRecord } from './stream-record.ts';

export interface StreamLogOptions {
  readonly streamArn: string;
  /** The names of those who read the stream; nobody else can. */
  readonly readers: readonly string[];
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: () => number;
}

/** One reader's view of a stream: what it has still to process. */
export interface StreamReader {
  /** The records that this reader is not done with, oldest first. */
  undelivered(): readonly DynamoDBRecord[];
  /** Calls `listener` with each record from now on. @returns how to stop it */
  subscribe(listener: (record: DynamoDBRecord) => void): () => void;
  /** Notes that this reader is done with these records. */
  acknowledge(records: readonly DynamoDBRecord[]): void;
}

/**
 * A table's stream on disk. `intend` announces a write, and `settle` ends it by appending a record if the item has
 * changed; whoever opens the log after a crash in between finds the intent `pending`, and settles it with the item as
 * it is by then. Writes are made one at a time, so there is one such intent at most.
 *
 * Each reader keeps a checkpoint of its own. A record is kept until every reader is done with it, so without readers
 * none is kept. A reader that is new starts at the oldest record that is kept; one that is no longer named when the
 * log is opened is forgotten, and holds no record back.
 */
export class StreamLog {
  readonly #journal: Journal<LogEntry>;
  readonly #options: StreamLogOptions;
  readonly #kept: KeptRecords;
  readonly #listeners = new Set<(record: DynamoDBRecord) => void>();
  #last: string | undefined;
  #pending: Intent | undefined;

  /** Opens the log, making it on first use, and drops from it what every reader is done with. */
  constructor(path: string, options: StreamLogOptions) {
    this.#options = options;
    const { journal, entries } = Journal.open<LogEntry>(path);
    journal.close();
    const state = replay(entries, options.readers);
    this.#kept = state.kept;
    this.#last = state.last;
    this.#pending = state.pending;
    this.#journal = Journal.rewrite(path, openingEntries(state, options.readers));
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
    const { streamArn, readers, now = Date.now } = this.#options;
    const sequenceNumber = nextSequenceNumber(this.#last);
    const change = image === undefined ? intent : { ...intent, new: image };
    const record = toStreamRecord(change, { sequenceNumber, streamArn, now: now() });
    this.#journal.append({ record });
    this.#pending = undefined;
    this.#last = sequenceNumber;
    if (readers.length > 0) this.#kept.set(sequenceNumber, { record, waiting: new Set(readers) });
    for (const listener of this.#listeners) listener(record);
  }

  /** The records that some reader is not done with, oldest first. */
  undelivered(): readonly DynamoDBRecord[] {
    return [...this.#kept.values()].map(({ record }) => record);
  }

  /** Calls `listener` with each record from now on. @returns how to stop it */
  subscribe(listener: (record: DynamoDBRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws Error for a reader that the log was not opened with */
  reader(name: string): StreamReader {
    if (!this.#options.readers.includes(name)) throw new Error(`The stream has no reader ${name}`);
    return {
      undelivered: () =>
        [...this.#kept.values()].filter(({ waiting }) => waiting.has(name)).map(({ record }) => record),
      subscribe: (listener) => this.subscribe(listener),
      acknowledge: (records) => this.#acknowledge(name, records),
    };
  }

  /** Resolves once every change so far would survive a loss of power. */
  synced(): Promise<void> {
    return this.#journal.synced();
  }

  close(): void {
    this.#journal.close();
  }

  #acknowledge(reader: string, records: readonly DynamoDBRecord[]): void {
    if (records.length === 0) return;
    const done = records.map(sequenceNumberOf);
    this.#journal.append({ reader, done });
    for (const sequenceNumber of done) {
      const waiting = this.#kept.get(sequenceNumber)?.waiting;
      waiting?.delete(reader);
      if (waiting?.size === 0) this.#kept.delete(sequenceNumber);
    }
  }
}
