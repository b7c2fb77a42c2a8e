import { join } from 'node:path';
import type { JsonService } from '../endpoint/json-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { tableAccess, tableName } from './access.ts';
import { batchGetItem } from './batch-get-item.ts';
import { type OpenTableOptions, openTable } from './open-table.ts';
import type { Table } from './table.ts';
import { tableOperations } from './tables.ts';

const OPERATIONS = ['GetItem', 'Query', 'Scan', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

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
  readonly tables: ReadonlyMap<string, Table>;
  readonly operations: Readonly<Record<string, ServiceOperation<object>>>;

  readonly #now: () => Date;

  private constructor(tables: ReadonlyMap<string, Table>, now: () => Date) {
    this.tables = tables;
    this.#now = now;
    this.operations = {
      ...Object.fromEntries(OPERATIONS.map((name) => [name, this.#operation(name)])),
      ...tableOperations({ names: [...tables.keys()], require: (name) => this.table(name) }),
      BatchGetItem: batchGetItem({ find: (name) => tables.get(name), require: (name) => this.table(name) }),
    };
  }

  /**
   * Opens tables, each kept in a directory of `dir`.
   *
   * @throws Error where a table that is kept there has another key
   */
  static async open(
    dir: string,
    tables: readonly Omit<OpenTableOptions, 'dir' | 'now'>[],
    now: () => Date = () => new Date(),
  ): Promise<DynamoDb> {
    await using opened = new AsyncDisposableStack();
    const byName = new Map<string, Table>();
    for (const options of tables) {
      const { name } = options.definition;
      const table = await openTable({ ...options, dir: join(dir, name), now: () => now().getTime() });
      opened.defer(() => table.close());
      byName.set(name, table);
    }
    opened.move();
    return new DynamoDb(byName, now);
  }

  /** @throws AwsError 400 ResourceNotFoundException */
  table(name: string): Table {
    const table = this.tables.get(name);
    if (table !== undefined) return table;
    throw new AwsError(400, 'ResourceNotFoundException', 'Requested resource not found');
  }

  /**
   * Removes every item that has expired, as Time to Live does.
   *
   * @returns how many
   */
  async removeExpired(): Promise<number> {
    const now = Math.floor(this.#now().getTime() / 1000);
    const counts = await Promise.all([...this.tables.values()].map((table) => table.removeAllExpired(now)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.tables.values()].map((table) => table.close()));
  }

  #operation(name: string): ServiceOperation<object> {
    return {
      access: (input: { readonly TableName?: unknown; readonly IndexName?: unknown }) => {
        const partitionKey = this.tables.get(tableName(input))?.partitionKey(input.IndexName);
        return [tableAccess(name, input, partitionKey)];
      },
      handle: (input) => this.table(tableName(input)).handle(name, input),
    };
  }
}
