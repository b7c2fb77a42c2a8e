import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Dynalite } from './dynalite.ts';
import { StreamLog } from './stream-log.ts';
import { Table, type TableDefinition } from './table.ts';

export interface OpenTableOptions {
  readonly dir: string;
  readonly definition: TableDefinition;
  /** The names of those who read the table's stream. @default - nobody: no record is kept */
  readonly readers?: readonly string[];
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: (() => number) | undefined;
}

/**
 * Opens the table kept in `dir`, making it on first use.
 *
 * @throws Error where the table there has another key
 */
export async function openTable({
  dir,
  definition,
  readers = [],
  now = Date.now,
}: OpenTableOptions): Promise<Table> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const store = await Dynalite.open(join(dir, 'items'));
  try {
    await requireKey(store, definition);
    const { streamArn } = definition;
    const stream =
      streamArn === undefined
        ? undefined
        : new StreamLog(join(dir, 'stream.jsonl'), { streamArn, readers, now });
    const table = new Table(store, stream, definition);
    await table.load();
    return table;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function requireKey(store: Dynalite, definition: TableDefinition): Promise<void> {
  const { name, keySchema, attributeDefinitions, indexes = [] } = definition;
  const found = await store.ensureTable({
    TableName: name,
    KeySchema: keySchema,
    AttributeDefinitions: attributeDefinitions,
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
  });
  if (isDeepStrictEqual(found.KeySchema, keySchema)) return;
  throw new Error(`The table ${name} that is kept here has another key than the stack's`);
}
