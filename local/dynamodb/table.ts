import { join } from 'node:path';
import { AwsError } from '../http/aws-error.ts';
import type { Dynalite, Item } from './dynalite.ts';
import { openStore, PlainTable, type PlainTableDefinition, type WriteInput } from './plain-table.ts';
import { StreamLog } from './stream-log.ts';

/** A table with a stream of both images. */
export interface TableDefinition extends PlainTableDefinition {
  readonly streamArn: string;
}

/** One DynamoDB table, and the stream of what its operations change. */
export class Table extends PlainTable {
  readonly stream: StreamLog;

  constructor(store: Dynalite, stream: StreamLog, definition: TableDefinition) {
    super(store, definition);
    this.stream = stream;
  }

  /** Ends what a crash, or a store that failed, has left open. */
  async settle(): Promise<void> {
    const { pending } = this.stream;
    if (pending !== undefined) this.stream.settle(await this.read(pending.keys));
  }

  override async close(): Promise<void> {
    await super.close();
    this.stream.close();
  }

  /** Makes one write and its record: the stream's order is the table's. */
  protected override async write(operation: string, input: WriteInput): Promise<unknown> {
    await this.settle();
    const keys = this.keysOf(operation, input);
    let old: Item | undefined;
    try {
      old = await this.read(keys);
    } catch (error) {
      // No item has such a key: the operation is refused, and says why.
      if (error instanceof AwsError) await this.store.run(operation, input);
      throw error;
    }
    this.stream.intend({ keys, ...(old && { old }) });
    try {
      return await super.write(operation, input);
    } finally {
      await this.settle();
    }
  }
}

/**
 * Opens the table kept in `dir`, making it on first use.
 *
 * @throws Error where the table there has another key
 */
export async function openTable(options: {
  readonly dir: string;
  readonly definition: TableDefinition;
}): Promise<Table> {
  const { dir, definition } = options;
  const store = await openStore(dir, definition);
  try {
    const { streamArn } = definition;
    const table = new Table(store, new StreamLog(join(dir, 'stream.jsonl'), { streamArn }), definition);
    await table.settle();
    return table;
  } catch (error) {
    await store.close();
    throw error;
  }
}
