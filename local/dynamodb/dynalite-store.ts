import { createRequire } from 'node:module';
import type {
  AttributeDefinition,
  AttributeValue,
  KeySchemaElement,
  Projection,
} from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;

export interface IndexDescription {
  readonly IndexName: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly Projection: Projection;
}

export interface TableDescription {
  readonly TableName: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly AttributeDefinitions: readonly AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: readonly IndexDescription[];
}

export type Callback<T> = (error: unknown, output?: T) => void;

export type BatchOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };

/** The part of the LevelDB that holds a table's items, or an index's rows. */
export interface SubStore {
  put(key: string, value: unknown, done: Callback<void>): void;
  del(key: string, done: Callback<void>): void;
}

interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** What dynalite's operations run on. */
export interface Store {
  readonly db: {
    open(): Promise<void>;
    close(): Promise<void>;
    get(key: string, done: Callback<Item>): void;
    getSync(key: string): Item | undefined;
    batch(operations: readonly BatchOperation[], done: Callback<void>): void;
    clear(range: KeyRange): Promise<void>;
    values(range: KeyRange): AsyncIterable<Item>;
  };
  readonly tableDb: {
    get(name: string, callback: Callback<TableDescription>): void;
    put(name: string, table: TableDescription, callback: Callback<void>): void;
  };
  getItemDb(table: string): SubStore;
  getIndexDb(kind: string, table: string, index: string): SubStore;
}

interface IndexRow {
  readonly index: string;
  readonly key: string;
  readonly item: Item;
}

const require = createRequire(import.meta.url);

export const {
  create: createStore,
  createKey,
  getIndexActions,
  validateKey,
} = require('dynalite/db') as {
  create(options: object): Store;
  /** Where an item with this key lies in its table's part of the store. */
  createKey(key: Item, table: TableDescription): string;
  /** Why no item has such a key; undefined where one may. */
  validateKey(key: Item, table: TableDescription): unknown;
  /** Says which rows an item has in the indexes, and which rows of its earlier state go. */
  getIndexActions(
    indexes: readonly IndexDescription[],
    before: Item | null,
    item: Item | null,
    table: TableDescription,
  ): { readonly puts: readonly IndexRow[] };
};

/** Every key that begins with the prefix, which must end in an ASCII character. */
export function keysUnder(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  return { gte: prefix, lt: prefix.slice(0, -1) + String.fromCharCode(last + 1) };
}

export function called<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, output) => {
      if (error) reject(error);
      else resolve(output as T);
    });
  });
}
