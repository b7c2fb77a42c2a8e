import { join } from 'node:path';
import type { JsonService } from '../endpoint/json-service.ts';
import type { Operation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { tableAccess, tableName } from './access.ts';
import { openPlainTable, type PlainTable, type PlainTableDefinition } from './plain-table.ts';
import { openTable, type TableDefinition } from './table.ts';

const OPERATIONS = ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** DynamoDB: the account's tables, and the operations on their items. */
export class DynamoDb implements JsonService {
  readonly protocol = 'json';
  readonly version = '1.0';
  readonly targetPrefix = 'DynamoDB_20120810';
  readonly namespace = 'com.amazonaws.dynamodb.v20120810';
  readonly signingName = 'dynamodb';
  readonly denied = [400, 'AccessDeniedException'] as const;
  readonly unknownKey = [400, 'UnrecognizedClientException'] as const;
  readonly expiredToken = [400, 'ExpiredTokenException'] as const;

  /** By name. */
  readonly tables: ReadonlyMap<string, PlainTable>;
  readonly operations: Readonly<Record<string, Operation<object>>>;

  private constructor(tables: ReadonlyMap<string, PlainTable>) {
    this.tables = tables;
    this.operations = Object.fromEntries(OPERATIONS.map((name) => [name, this.#operation(name)]));
  }

  /**
   * Opens the tables of these definitions, each kept in a directory of `dir`.
   *
   * @throws Error where a table that is kept there has another key
   */
  static async open({
    dir,
    definitions,
  }: {
    readonly dir: string;
    readonly definitions: readonly (PlainTableDefinition | TableDefinition)[];
  }): Promise<DynamoDb> {
    await using opened = new AsyncDisposableStack();
    const tables = new Map<string, PlainTable>();
    for (const definition of definitions) {
      const options = { dir: join(dir, definition.name) };
      const table = await ('streamArn' in definition
        ? openTable({ ...options, definition })
        : openPlainTable({ ...options, definition }));
      opened.defer(() => table.close());
      tables.set(definition.name, table);
    }
    opened.move();
    return new DynamoDb(tables);
  }

  async close(): Promise<void> {
    await Promise.all([...this.tables.values()].map((table) => table.close()));
  }

  #operation(name: string): Operation<object> {
    return {
      access: (input) =>
        this.tables.get(tableName(input))?.accesses(name, input) ?? [tableAccess(name, input, '')],
      handle: (input) => {
        const table = this.tables.get(tableName(input));
        if (table !== undefined) return table.handle(name, input);
        throw new AwsError(400, 'ResourceNotFoundException', 'Requested resource not found');
      },
    };
  }
}
