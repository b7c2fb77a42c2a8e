import type { DynamoDBRecord } from 'aws-lambda';
import { type Intent, sequenceNumberOf } from './stream-record.ts';

/** A line of the file of a stream. */
export type LogEntry =
  /** A write that is about to be made. */
  | { readonly intent: Intent }
  /** What the intent before it changed. */
  | { readonly record: DynamoDBRecord }
  /** Sequence numbers of records that this reader is done with. */
  | { readonly reader: string; readonly done: readonly string[] }
  /** The readers of the stream, and the last sequence number that it gave, whose record need no longer be kept. */
  | { readonly readers: readonly string[]; readonly last?: string };

/** By sequence number, oldest first: each record that some reader is not done with, and those readers. */
export type KeptRecords = Map<string, { readonly record: DynamoDBRecord; readonly waiting: Set<string> }>;

/** What the lines come to. */
export interface LogState {
  readonly kept: KeptRecords;
  readonly last: string | undefined;
  readonly pending: Intent | undefined;
}

/**
 * Reads what an earlier process has written, for the readers that there are now. A reader that was there before goes on
 * from where it was; a new one waits for every record that one of the earlier readers was not done with.
 */
export function replay(entries: readonly LogEntry[], readers: readonly string[]): LogState {
  const kept: KeptRecords = new Map();
  const earlier = entries.find((entry) => 'readers' in entry)?.readers ?? readers;
  let last: string | undefined;
  let pending: Intent | undefined;
  for (const entry of entries) {
    if ('intent' in entry) {
      // An intent that another follows has changed nothing.
      pending = entry.intent;
    } else if ('record' in entry) {
      last = sequenceNumberOf(entry.record);
      kept.set(last, { record: entry.record, waiting: new Set(earlier) });
      pending = undefined;
    } else if ('done' in entry) {
      for (const sequenceNumber of entry.done) kept.get(sequenceNumber)?.waiting.delete(entry.reader);
    } else {
      last = entry.last;
    }
  }
  for (const [sequenceNumber, { waiting }] of kept) {
    if (waiting.size > 0) handOver(waiting, earlier, readers);
    if (waiting.size === 0) kept.delete(sequenceNumber);
  }
  return { kept, last, pending };
}

function handOver(waiting: Set<string>, earlier: readonly string[], readers: readonly string[]): void {
  for (const reader of earlier) if (!readers.includes(reader)) waiting.delete(reader);
  for (const reader of readers) if (!earlier.includes(reader)) waiting.add(reader);
}

/** The lines of a new file that come to this state, which has been handed over to `readers`. */
export function openingEntries(
  { kept, last, pending }: LogState,
  readers: readonly string[],
): readonly LogEntry[] {
  return [
    ...[...kept.values()].map(({ record }) => ({ record })),
    ...readers.flatMap((reader) => {
      const done = [...kept].filter(([, { waiting }]) => !waiting.has(reader)).map(([number]) => number);
      return done.length > 0 ? [{ reader, done }] : [];
    }),
    // After the records: `last` may be later than each of them.
    { readers, ...(last !== undefined && { last }) },
    ...(pending === undefined ? [] : [{ intent: pending }]),
  ];
}
