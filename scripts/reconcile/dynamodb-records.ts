import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { type AssetItem, fromItem, partitionKey } from '#core/assets/asset-record';
import type { AssetKey } from '#core/assets/asset-repository';
import { DynamoDbAssetIndex } from '#core/assets/dynamodb-asset-index';
import type { Page, Read, Records } from './stores.ts';

/** The most keys that one call reads: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;

/** The records of a table, or those of one tenant. */
export class DynamoDbRecords implements Records {
  readonly #client: DynamoDBDocumentClient;
  readonly #index: DynamoDbAssetIndex;
  readonly #table: string;
  readonly #tenant: string | undefined;

  constructor(client: DynamoDBClient, table: string, tenant: string | undefined) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#index = new DynamoDbAssetIndex(client, table);
    this.#table = table;
    this.#tenant = tenant;
  }

  async page(from: string | undefined): Promise<Page<Read, string>> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new ScanCommand({
        TableName: this.#table,
        ...(from !== undefined && { ExclusiveStartKey: { pk: from } }),
        ...(this.#tenant !== undefined && {
          FilterExpression: 'begins_with(pk, :tenant)',
          ExpressionAttributeValues: { ':tenant': `${this.#tenant}#` },
        }),
      }),
    );
    return { items: Items.map(read), next: LastEvaluatedKey && String(LastEvaluatedKey['pk']) };
  }

  async findAll(keys: readonly AssetKey[]): Promise<Read[]> {
    const found: Read[] = [];
    for (let start = 0; start < keys.length; start += MOST_KEYS) {
      const part = keys.slice(start, start + MOST_KEYS);
      try {
        found.push(...(await this.#index.findAll(part)));
      } catch (error) {
        if (!v.isValiError(error)) throw error;
        // One item that is malformed hides the others of its call.
        for (const key of part) found.push(...(await this.#find(key)));
      }
    }
    return found;
  }

  async #find(key: AssetKey): Promise<Read[]> {
    const Key = { pk: partitionKey(key) };
    const get = new GetCommand({ TableName: this.#table, Key, ConsistentRead: true });
    const { Item } = await this.#client.send(get);
    return Item === undefined ? [] : [read(Item)];
  }
}

function read(item: AssetItem): Read {
  try {
    return fromItem(item);
  } catch {
    return { kind: 'unreadable', pk: String(item['pk']) };
  }
}
