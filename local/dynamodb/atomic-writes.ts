import type { BatchOperation, Callback, Store, SubStore } from './dynalite-store.ts';

/**
 * Writes an item and its rows in the indexes as one batch. dynalite writes the rows first, and then the item: a process
 * that is killed in between would leave rows that no item stands for. Writes must come one at a time.
 */
export function withAtomicWrites(store: Store): Store {
  let rows: BatchOperation[] = [];

  const indexDb = (prefix: string, db: SubStore): SubStore => ({
    ...db,
    put: (key, value, done) => {
      rows.push({ type: 'put', key: prefix + key, value });
      done(null);
    },
    del: (key, done) => {
      rows.push({ type: 'del', key: prefix + key });
      done(null);
    },
  });
  const itemDb = (prefix: string, db: SubStore): SubStore => {
    const write = (item: BatchOperation, done: Callback<void>) => {
      const batch = [...rows, item];
      rows = [];
      store.db.batch(batch, done);
    };
    return {
      ...db,
      put: (key, value, done) => write({ type: 'put', key: prefix + key, value }, done),
      del: (key, done) => write({ type: 'del', key: prefix + key }, done),
    };
  };

  return {
    ...store,
    getItemDb: (table) => itemDb(itemPrefix(table), store.getItemDb(table)),
    getIndexDb: (kind, table, index) =>
      indexDb(indexPrefix(kind, table, index), store.getIndexDb(kind, table, index)),
  };
}

/** What the keys of a table's items begin with in the LevelDB. */
export const itemPrefix = (table: string) => `item-${table}~`;

/** What the keys of an index's rows begin with in the LevelDB. */
export const indexPrefix = (kind: string, table: string, index: string) =>
  `${INDEX_ROWS}${kind.toLowerCase()}~${table}~${index}~`;

/** What the keys of every index's rows begin with. */
export const INDEX_ROWS = 'index-';
