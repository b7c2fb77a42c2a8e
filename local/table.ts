import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { AwsError } from './aws-error.ts';
import { Dynalite, type Item } from './dynalite.ts';
import type { Access } from './iam/principal.ts';
import type { JsonService } from './json-service.ts';
import { StreamLog } from './stream-log.ts';
import { tableAccess } from './table-access.ts';

/** A table with a stream of both images, in CloudFormation's own shapes. */
export interface TableDefinition {
  readonly name: string;
  readonly streamArn: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly attributeDefinitions: readonly AttributeDefinition[];
}

const READS = new Set(['GetItem', 'Query']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

interface WriteInput {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

/** One DynamoDB table: five operations on items, and the stream of what they change. Nothing expires by itself. */
export class Table implements JsonService {
  readonly stream: StreamLog;
  readonly #store: Dynalite;
  readonly #definition: TableDefinition;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: Dynalite, stream: StreamLog, definition: TableDefinition) {
    this.#store = store;
    this.stream = stream;
    this.#definition = definition;
  }

  accesses(operation: string, input: object): readonly Access[] {
    if (!READS.has(operation) && !WRITES.has(operation)) throw notImplemented();
    const partitionKey = this.#definition.keySchema.find(({ KeyType }) => KeyType === 'HASH');
    return [tableAccess(operation, input, String(partitionKey?.AttributeName))];
  }

  async handle(operation: string, input: object): Promise<unknown> {
    if (READS.has(operation)) return this.#store.run(operation, input);
    if (WRITES.has(operation)) return this.#inTurn(() => this.#write(operation, input));
    throw notImplemented();
  }

  /** Ends what a crash, or a store that failed, has left open. */
  async settle(): Promise<void> {
    const { pending } = this.stream;
    if (pending !== undefined) this.stream.settle(await this.#read(pending.keys));
  }

  /** Closes the table once the writes that are under way are made. */
  async close(): Promise<void> {
    await this.#writes;
    await this.#store.close();
    this.stream.close();
  }

  async #write(operation: string, input: WriteInput): Promise<unknown> {
    if ((input.ReturnValuesOnConditionCheckFailure ?? 'NONE') !== 'NONE') {
      // dynalite would leave it out without a word.
      throw new AwsError(
        400,
        'ValidationException',
        'ReturnValuesOnConditionCheckFailure is not implemented.',
      );
    }
    await this.settle();
    const keys = this.#keysOf(operation === 'PutItem' ? input.Item : input.Key);
    let old: Item | undefined;
    try {
      old = await this.#read(keys);
    } catch (error) {
      // No item has such a key: the operation is refused, and says why.
      if (error instanceof AwsError) await this.#store.run(operation, input);
      throw error;
    }
    this.stream.intend({ keys, ...(old && { old }) });
    try {
      return await this.#store.run(operation, input);
    } finally {
      await this.settle();
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

  /** One write at a time, so that the stream's order is the table's. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#writes.then(write);
    this.#writes = result.catch(() => {});
    return result;
  }
}

function notImplemented(): AwsError {
  return new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
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
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const store = await Dynalite.open(join(dir, 'items'));
  try {
    const { name, streamArn, keySchema, attributeDefinitions } = definition;
    const found = await store.ensureTable({
      TableName: name,
      KeySchema: keySchema,
      AttributeDefinitions: attributeDefinitions,
    });
    if (!isDeepStrictEqual(found.KeySchema, keySchema)) {
      throw new Error(`The table ${name} that is kept here has another key than the stack's`);
    }
    const table = new Table(store, new StreamLog(join(dir, 'stream.jsonl'), { streamArn }), definition);
    await table.settle();
    return table;
  } catch (error) {
    await store.close();
    throw error;
  }
}
