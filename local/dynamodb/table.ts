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
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: Dynalite, stream: StreamLog, definition: TableDefinition) {
    super(store, definition);
    this.stream = stream;
  }

  /** Ends what a crash, or a store that failed, has left open. */
  async settle(): Promise<void> {
    const { pending } = this.stream;
    if (pending !== undefined) this.stream.settle(await this.#read(pending.keys));
  }

  /** Closes the table once the writes that are under way are made. */
  override async close(): Promise<void> {
    await this.#writes;
    await super.close();
    this.stream.close();
  }

  /** One write at a time, so that the stream's order is the table's. */
  protected override write(operation: string, input: WriteInput): Promise<unknown> {
    const result = this.#writes.then(() => this.#write(operation, input));
    this.#writes = result.catch(() => {});
    return result;
  }

  async #write(operation: string, input: WriteInput): Promise<unknown> {
    await this.settle();
    const keys = this.#keysOf(operation === 'PutItem' ? input.Item : input.Key);
    let old: Item | undefined;
    try {
      old = await this.#read(keys);
    } catch (error) {
      // No item has such a key: the operation is refused, and says why.
      if (error instanceof AwsError) await this.store.run(operation, input);
      throw error;
    }
    this.stream.intend({ keys, ...(old && { old }) });
    try {
      return await this.store.run(operation, input);
    } finally {
      await this.settle();
    }
  }

  #keysOf(item: unknown): Item {
    const attributes = typeof item === 'object' && item !== null ? (item as Item) : {};
    const names = this.definition.keySchema.map(({ AttributeName }) => String(AttributeName));
    return Object.fromEntries(
      names.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])),
    );
  }

  async #read(keys: Item): Promise<Item | undefined> {
    const input = { TableName: this.definition.name, Key: keys, ConsistentRead: true };
    return (await this.store.run<{ Item?: Item }>('GetItem', input)).Item;
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
