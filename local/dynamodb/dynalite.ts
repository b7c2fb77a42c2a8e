import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../http/aws-error.ts';
import { itemPrefix, withAtomicWrites } from './atomic-writes.ts';
import {
  type Callback,
  called,
  createKey,
  createStore,
  type Item,
  keysUnder,
  type Store,
  type TableDescription,
  validateKey,
} from './dynalite-store.ts';
import { reindex } from './reindex.ts';

/** The parts of an operation. dynalite's own request handler checks `types`, then `custom`, then runs it. */
interface DynaliteOperation {
  readonly types: object;
  readonly custom: unknown;
  run(store: Store, input: object, callback: Callback<unknown>): void;
}

const require = createRequire(import.meta.url);
const { checkTypes, checkValidations } = require('dynalite/validations') as {
  checkTypes(input: unknown, types: object): object;
  checkValidations(input: object, types: object, custom: unknown, store: Store): void;
};

const OPERATIONS: Readonly<Record<string, DynaliteOperation>> = Object.fromEntries(
  ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'].map((name) => {
    const file = name[0]?.toLowerCase() + name.slice(1);
    const { types, custom } = require(`dynalite/validations/${file}`);
    return [name, { types, custom, run: require(`dynalite/actions/${file}`) }];
  }),
);

/** dynalite without its HTTP server, which would take requests that nobody has signed. */
export class Dynalite {
  readonly #store: Store;
  /** By name. */
  readonly #tables = new Map<string, TableDescription>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Opens the LevelDB in `dir`, making it on first use. */
  static async open(dir: string): Promise<Dynalite> {
    const store = createStore({ path: dir });
    await store.db.open();
    readAtOnce(store);
    return new Dynalite(withAtomicWrites(store));
  }

  /**
   * Makes a table where there is none. It takes one write, where CreateTable takes two and leaves a table that nobody
   * can use if it is killed in between. A table that is there with other indexes gets these, made from its items.
   *
   * @returns the table that is there: with another key than asked for it is left as it is
   */
  async ensureTable(table: TableDescription): Promise<TableDescription> {
    const { tableDb } = this.#store;
    const found = await called<TableDescription | undefined>((done) => tableDb.get(table.TableName, done));
    this.#tables.set(table.TableName, table);
    if (found !== undefined) {
      if (!isDeepStrictEqual(found.KeySchema, table.KeySchema)) return found;
      if (isDeepStrictEqual(found.GlobalSecondaryIndexes, table.GlobalSecondaryIndexes)) return found;
      // The table is described last, so that a process that is killed meanwhile leaves this to the next one.
      await reindex(this.#store, table);
    }
    const active = { ...table, TableStatus: 'ACTIVE' };
    await called<void>((done) => tableDb.put(table.TableName, active, done));
    return table;
  }

  /** Every item of a table, in no order. */
  items(table: string): AsyncIterable<Item> {
    return this.#store.db.values(keysUnder(itemPrefix(table)));
  }

  /**
   * Reads an item without what a request has to be checked for.
   *
   * @throws AwsError 400 ValidationException for a key that no item has
   */
  read(name: string, key: Item): Item | undefined {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`The table ${name} is not open`);
    const refusal = validateKey(key, table);
    if (refusal) throw toAwsError(refusal);
    return this.#store.db.getSync(itemPrefix(name) + createKey(key, table));
  }

  /** @throws AwsError as DynamoDB refuses; any other error is the store's */
  async run<TOutput>(name: string, input: object): Promise<TOutput> {
    const operation = OPERATIONS[name];
    if (operation === undefined) throw new AwsError(400, 'UnknownOperationException', '');
    try {
      // The checks and the actions change what they are given.
      const checked = checkTypes(structuredClone(input), operation.types);
      checkValidations(checked, operation.types, operation.custom, this.#store);
      const output = await called<unknown>((done) => operation.run(this.#store, checked, done));
      return output as TOutput;
    } catch (error) {
      throw toAwsError(error);
    }
  }

  close(): Promise<void> {
    return this.#store.db.close();
  }
}

/** Lets dynalite read from memory or the disk's cache on this thread: to ask another one takes ten times as long. */
function readAtOnce({ db }: Store): void {
  db.get = (key, done) => {
    const value = db.getSync(key);
    queueMicrotask(() => done(null, value));
  };
}

interface DynaliteRefusal {
  readonly statusCode: number;
  readonly body: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

function toAwsError(error: unknown): unknown {
  const { statusCode, body } = error as Partial<DynaliteRefusal>;
  if (statusCode === undefined || body === undefined) return error;
  const code = body.__type.slice(body.__type.indexOf('#') + 1);
  return new AwsError(statusCode, code, body.message ?? body.Message ?? '');
}
