import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../http/aws-error.ts';
import { requireKnownReturnValues, type WriteInput, withOldItem } from './condition-failure.ts';
import type { Dynalite } from './dynalite.ts';
import type { IndexDescription, Item } from './dynalite-store.ts';
import { Expiries } from './expiries.ts';
import type { StreamLog } from './stream-log.ts';
import { TIME_TO_LIVE, type UserIdentity } from './stream-record.ts';

/** A table, in CloudFormation's own shapes. */
export interface TableDefinition {
  readonly name: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly attributeDefinitions: readonly AttributeDefinition[];
  /** Its global secondary indexes. @default - none */
  readonly indexes?: readonly IndexDescription[];
  /** The attribute that says when an item expires, in epoch seconds. @default - no item does */
  readonly timeToLiveAttribute?: string;
  /** Its stream, of both images. @default - none */
  readonly streamArn?: string;
}

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/** One DynamoDB table: operations on its items, and the stream of what they change, if it has one. */
export class Table {
  readonly #store: Dynalite;
  readonly #stream: StreamLog | undefined;
  readonly #definition: TableDefinition;
  readonly #expiries: Expiries | undefined;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: Dynalite, stream: StreamLog | undefined, definition: TableDefinition) {
    this.#store = store;
    this.#stream = stream;
    this.#definition = definition;
    const { timeToLiveAttribute } = definition;
    this.#expiries = timeToLiveAttribute === undefined ? undefined : new Expiries(timeToLiveAttribute);
  }

  /** Learns what an earlier process has left: which items expire, and the outcome of a write that was under way. */
  async load(): Promise<void> {
    await this.#settle();
    if (this.#expiries === undefined) return;
    for await (const item of this.#store.items(this.#definition.name)) {
      this.#expiries.note(this.#keysOf(item), item);
    }
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

  /** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
  async describe(): Promise<object> {
    const { name, keySchema, attributeDefinitions, indexes, streamArn } = this.#definition;
    let ItemCount = 0;
    for await (const _ of this.#store.items(name)) ItemCount++;
    return {
      TableName: name,
      TableStatus: 'ACTIVE',
      KeySchema: keySchema,
      AttributeDefinitions: attributeDefinitions,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      ItemCount,
      ...(indexes && { GlobalSecondaryIndexes: indexes }),
      ...(streamArn && {
        LatestStreamArn: streamArn,
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    };
  }

  async handle(operation: string, input: object): Promise<unknown> {
    if (READS.has(operation)) return this.#store.run(operation, input);
    if (!WRITES.has(operation)) throw notImplemented();
    requireKnownReturnValues(input);
    const output = await this.#inTurn(() => this.#write(operation, input));
    await this.#stream?.synced();
    return output;
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

  /** Removes every item that has expired, as `removeExpired` does. @returns how many */
  async removeAllExpired(now: number): Promise<number> {
    const { timeToLiveAttribute = '' } = this.#definition;
    const due = this.#expiries?.due(now) ?? [];
    const removals = due.map((key) => this.removeExpired(key, timeToLiveAttribute, now));
    return (await Promise.all(removals)).filter(Boolean).length;
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
    if (this.#stream === undefined) {
      const output = await this.#run(operation, input, keys);
      if (this.#expiries !== undefined) this.#expiries.note(keys, await this.#read(keys));
      return output;
    }
    await this.#settle();
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
      await this.#settle();
    }
  }

  /** Ends the write that is under way, or that a crash or a store that failed has left open. */
  async #settle(): Promise<void> {
    const pending = this.#stream?.pending;
    if (pending === undefined) return;
    const image = await this.#read(pending.keys);
    this.#stream?.settle(image);
    this.#expiries?.note(pending.keys, image);
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
