import { INDEX_ROWS, indexPrefix, itemPrefix } from './atomic-writes.ts';
import {
  type BatchOperation,
  called,
  getIndexActions,
  keysUnder,
  type Store,
  type TableDescription,
} from './dynalite-store.ts';

/** How many rows are written at a time. */
const BATCH_SIZE = 1000;

/** Makes the rows of the table's indexes anew from its items: the only table in its LevelDB. */
export async function reindex({ db }: Store, table: TableDescription): Promise<void> {
  const { TableName, GlobalSecondaryIndexes = [] } = table;
  await db.clear(keysUnder(INDEX_ROWS));
  if (GlobalSecondaryIndexes.length === 0) return;
  let rows: BatchOperation[] = [];
  for await (const item of db.values(keysUnder(itemPrefix(TableName)))) {
    const { puts } = getIndexActions(GlobalSecondaryIndexes, null, item, table);
    for (const { index, key, item: value } of puts) {
      rows.push({ type: 'put', key: indexPrefix('global', TableName, index) + key, value });
    }
    if (rows.length < BATCH_SIZE) continue;
    await called<void>((done) => db.batch(rows, done));
    rows = [];
  }
  await called<void>((done) => db.batch(rows, done));
}
