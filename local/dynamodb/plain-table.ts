import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../http/aws-error.ts';
import type { Access } from '../iam/principal.ts';
import { tableAccess } from './access.ts';
import { Dynalite, type Item } from './dynalite.ts';

/** A table, in CloudFormation's own shapes. */
export interface PlainTableDefinition {
  readonly name: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly attributeDefinitions: readonly AttributeDefinition[];
}

const READS = new Set(['GetItem', 'Query']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

export interface WriteInput {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

/** One DynamoDB table without a stream: five operations on items. Nothing expires by itself. */
export class PlainTable {
  protected readonly store: Dynalite;
  protected readonly definition: PlainTableDefinition;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: Dynalite, definition: PlainTableDefinition) {
    this.store = store;
    this.definition = definition;
  }

  accesses(operation: string, input: object): readonly Access[] {
    if (!READS.has(operation) && !WRITES.has(operation)) throw notImplemented();
    const partitionKey = this.definition.keySchema.find(({ KeyType }) => KeyType === 'HASH');
    return [tableAccess(operation, input, String(partitionKey?.AttributeName))];
  }

  /** Writes are made one at a time: the item that a refused write answers is the one that its condition was tried on. */
  async handle(operation: string, input: object): Promise<unknown> {
    if (READS.has(operation)) return this.store.run(operation, input);
    if (!WRITES.has(operation)) throw notImplemented();
    requireKnownReturnValues(input);
    const result = this.#writes.then(() => this.write(operation, input));
    this.#writes = result.catch(() => {});
    return result;
  }

  /** Closes the table once the writes that are under way are made. */
  async close(): Promise<void> {
    await this.#writes;
    await this.store.close();
  }

  /** Makes one write; a refusal by its condition carries the item where the request asks for it. */
  protected async write(operation: string, input: WriteInput): Promise<unknown> {
    try {
      return await this.store.run(operation, input);
    } catch (error) {
      if (input.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD' || !isConditionFailure(error)) throw error;
      const Item = await this.read(this.keysOf(operation, input));
      throw Item === undefined ? error : new AwsError(error.status, error.code, error.message, { Item });
    }
  }

  protected keysOf(operation: string, input: WriteInput): Item {
    const source: unknown = operation === 'PutItem' ? input.Item : input.Key;
    const attributes = typeof source === 'object' && source !== null ? (source as Item) : {};
    const names = this.definition.keySchema.map(({ AttributeName }) => String(AttributeName));
    return Object.fromEntries(
      names.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])),
    );
  }

  protected async read(keys: Item): Promise<Item | undefined> {
    const input = { TableName: this.definition.name, Key: keys, ConsistentRead: true };
    return (await this.store.run<{ Item?: Item }>('GetItem', input)).Item;
  }
}

/** dynalite would ignore the parameter, whatever it holds. */
function requireKnownReturnValues({ ReturnValuesOnConditionCheckFailure: value = 'NONE' }: WriteInput): void {
  if (value === 'NONE' || value === 'ALL_OLD') return;
  throw new AwsError(
    400,
    'ValidationException',
    `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
  );
}

function isConditionFailure(error: unknown): error is AwsError {
  return error instanceof AwsError && error.code === 'ConditionalCheckFailedException';
}

function notImplemented(): AwsError {
  return new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
}

/** Opens the table kept in `dir`; @throws Error where the table there has another key */
export async function openPlainTable(options: {
  readonly dir: string;
  readonly definition: PlainTableDefinition;
}): Promise<PlainTable> {
  return new PlainTable(await openStore(options.dir, options.definition), options.definition);
}

/**
 * Opens the items kept in `dir`, making the table on first use.
 *
 * @throws Error where the table there has another key
 */
export async function openStore(dir: string, definition: PlainTableDefinition): Promise<Dynalite> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const store = await Dynalite.open(join(dir, 'items'));
  try {
    const { name, keySchema, attributeDefinitions } = definition;
    const found = await store.ensureTable({
      TableName: name,
      KeySchema: keySchema,
      AttributeDefinitions: attributeDefinitions,
    });
    if (isDeepStrictEqual(found.KeySchema, keySchema)) return store;
    throw new Error(`The table ${name} that is kept here has another key than the stack's`);
  } catch (error) {
    await store.close();
    throw error;
  }
}
