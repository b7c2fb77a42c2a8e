import type { StreamLog } from '../dynamodb/stream-log.ts';
import type { VersionStore } from '../s3/version-store.ts';
import { EventSourceMapping } from './event-source-mapping.ts';
import { createFailureDestination } from './failure-destination.ts';
import type { StreamMapping } from './mapping-template.ts';

export interface StreamMappingsOptions {
  readonly mappings: readonly StreamMapping[];
  /** The stream of a table that was opened with its `readersOf`. */
  readonly streamOf: (table: string) => StreamLog;
  /** Runs a function; a rejection is its failure on the whole batch. */
  readonly invoke: (functionName: string, payload: unknown) => Promise<unknown>;
  /** Holds the buckets for what is given up. */
  readonly store: VersionStore;
  readonly firstBackoffMs: number;
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** The names of those who read a table's stream: the logical ids of its mappings. */
export function readersOf(table: string, mappings: readonly StreamMapping[]): readonly string[] {
  return mappings.filter((mapping) => mapping.table.name === table).map(({ mappingId }) => mappingId);
}

/** The stack's stream mappings, side by side: none waits for another. */
export class StreamMappings {
  readonly #mappings: readonly EventSourceMapping[];

  constructor(options: StreamMappingsOptions) {
    const { mappings, streamOf, invoke, store, firstBackoffMs, now = () => new Date() } = options;
    this.#mappings = mappings.map(({ mappingId, table, functionName, settings, filters, ...destination }) => {
      return new EventSourceMapping({
        stream: streamOf(table.name).reader(mappingId),
        settings,
        filters,
        firstBackoffMs,
        now: () => now().getTime(),
        invoke: (batch) => invoke(functionName, batch),
        onDiscard: createFailureDestination({ ...destination, mappingId, store, now }),
      });
    });
  }

  /** Begins to deliver, with what an earlier process has left. */
  start(): void {
    for (const mapping of this.#mappings) mapping.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#mappings.map((mapping) => mapping.close()));
  }
}
