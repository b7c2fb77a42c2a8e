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

  constructor(store: Dynalite, definition: PlainTableDefinition) {
    this.store = store;
    this.definition = definition;
  }

  accesses(operation: string, input: object): readonly Access[] {
    if (!READS.has(operation) && !WRITES.has(operation)) throw notImplemented();
    const partitionKey = this.definition.keySchema.find(({ KeyType }) => KeyType === 'HASH');
    return [tableAccess(operation, input, String(partitionKey?.AttributeName))];
  }

  async handle(operation: string, input: object): Promise<unknown> {
    if (READS.has(operation)) return this.store.run(operation, input);
    if (!WRITES.has(operation)) throw notImplemented();
    const { ReturnValuesOnConditionCheckFailure = 'NONE' }: WriteInput = input;
    if (ReturnValuesOnConditionCheckFailure !== 'NONE') {
      // dynalite would leave it out without a word.
      throw new AwsError(
        400,
        'ValidationException',
        'ReturnValuesOnConditionCheckFailure is not implemented.',
      );
    }
    return this.write(operation, input);
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  protected async write(operation: string, input: WriteInput): Promise<unknown> {
    return this.store.run(operation, input);
  }
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
