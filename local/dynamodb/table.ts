import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../http/aws-error.ts';
import { requireKnownReturnValues, type WriteInput, withOldItem } from './condition-failure.ts';
import { Dynalite } from './dynalite.ts';
import type { IndexDescription, Item } from './dynalite-store.ts';
import { StreamLog } from './stream-log.ts';
import { TIME_TO_LIVE, type UserIdentity } from './stream-record.ts';

/** A table, in CloudFormation's own shapes. */
export interface TableDefinition {
  readonly name: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly attributeDefinitions: readonly AttributeDefinition[];
  /** Its global secondary indexes. @default - none */
  readonly indexes?: readonly IndexDescription[];
  /** Its stream, of both images. @default - none */
  readonly streamArn?: string;
}

const READS = new Set(['GetItem', 'BatchGetItem', 'Query']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/** One DynamoDB table: operations on its items, and the stream of what they change, if it has one. */
export class Table {
  readonly #store: Dynalite;
  readonly #stream: StreamLog | undefined;
  readonly #definition: TableDefinition;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: Dynalite, stream: StreamLog | undefined, definition: TableDefinition) {
    this.#store = store;
    this.#stream = stream;
    this.#definition = definition;
  }

  /** @throws Error where the table has none */
  get stream(): StreamLog {
    if (this.#stream === undefined) throw new Error(`The table ${this.#definition.name} has no stream`);
    return this.#stream;
  }

  /**
   * The name of the attribute that items are partitioned by, in the table or in one of its indexes.
   *
   * @returns undefined where there is no such index
   */
  partitionKey(index?: unknown): string | undefined {
    const { keySchema, indexes = [] } = this.#definition;
    const schema =
      index === undefined ? keySchema : indexes.find(({ IndexName }) => IndexName === index)?.KeySchema;
    return schema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
  }

  async handle(operation: string, input: object): Promise<unknown> {
    if (READS.has(operation)) return this.#store.run(operation, input);
    if (!WRITES.has(operation)) throw notImplemented();
    requireKnownReturnValues(input);
    return this.#inTurn(() => this.#write(operation, input));
  }

  /**
   * Removes an item in the name of Time to Live, as its stream record then says. The item stays if it is not expired:
   * it may have been renewed since the caller found it.
   *
   * @param attribute the table's TTL attribute, in epoch seconds
   * @param now epoch seconds
   * @returns whether the item was removed
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
   */
  async removeExpired(key: Item, attribute: string, now: number): Promise<boolean> {
    const input = {
      TableName: this.#definition.name,
      Key: key,
      ConditionExpression: '#ttl < :now',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: String(now) } },
    };
    try {
      await this.#inTurn(() => this.#write('DeleteItem', input, TIME_TO_LIVE));
      return true;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** Ends the write that a crash, or a store that failed, has left open. */
  async settle(): Promise<void> {
    const pending = this.#stream?.pending;
    if (pending !== undefined) this.#stream?.settle(await this.#read(pending.keys));
  }

  /** Closes the table once the writes that are under way are made. */
  async close(): Promise<void> {
    await this.#writes;
    await this.#store.close();
    this.#stream?.close();
  }

  /** Makes one write at a time: so the stream has the table's order, and no write comes before a refusal reads its item. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#writes.then(write);
    this.#writes = result.catch(() => {});
    return result;
  }

  async #write(operation: string, input: WriteInput, userIdentity?: UserIdentity): Promise<unknown> {
    const keys = this.#keysOf(operation === 'PutItem' ? input.Item : input.Key);
    if (this.#stream === undefined) return this.#run(operation, input, keys);
    await this.settle();
    let old: Item | undefined;
    try {
      old = await this.#read(keys);
    } catch (error) {
      // No item has such a key: the operation is refused, and says why.
      if (error instanceof AwsError) await this.#store.run(operation, input);
      throw error;
    }
    this.#stream.intend({ keys, ...(old && { old }), ...(userIdentity && { userIdentity }) });
    try {
      return await this.#run(operation, input, keys);
    } finally {
      await this.settle();
    }
  }

  async #run(operation: string, input: WriteInput, keys: Item): Promise<unknown> {
    try {
      return await this.#store.run(operation, input);
    } catch (error) {
      throw await withOldItem(error, input, () => this.#read(keys));
    }
  }

  #keysOf(item: unknown): Item {
    const attributes = typeof item === 'object' && item !== null ? (item as Item) : {};
    const names = this.#definition.keySchema.map(({ AttributeName }) => String(AttributeName));
    return Object.fromEntries(
      names.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])),
    );
  }

  async #read(keys: Item): Promise<Item | undefined> {
    const input = { TableName: this.#definition.name, Key: keys, ConsistentRead: true };
    return (await this.#store.run<{ Item?: Item }>('GetItem', input)).Item;
  }
}

function notImplemented(): AwsError {
  return new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
}

export interface OpenTableOptions {
  readonly dir: string;
  readonly definition: TableDefinition;
  /** The names of those who read the table's stream. @default - nobody: no record is kept */
  readonly readers?: readonly string[];
}

/**
 * Opens the table kept in `dir`, making it on first use.
 *
 * @throws Error where the table there has another key
 */
export async function openTable({ dir, definition, readers = [] }: OpenTableOptions): Promise<Table> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const store = await Dynalite.open(join(dir, 'items'));
  try {
    await requireKey(store, definition);
    const { streamArn } = definition;
    const stream =
      streamArn === undefined ? undefined : new StreamLog(join(dir, 'stream.jsonl'), { streamArn, readers });
    const table = new Table(store, stream, definition);
    await table.settle();
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
