import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type AssetItem, fromItem, partitionKey } from '#core/assets/asset-record';
import type { AssetKey } from '#core/assets/asset-repository';
import { ItemReader } from '#core/assets/item-reader';
import type { Page, Read, Records } from './stores.ts';

/** The records of a table, or those of one tenant. */
export class DynamoDbRecords implements Records {
  readonly #client: DynamoDBDocumentClient;
  readonly #items: ItemReader;
  readonly #table: string;
  readonly #tenant: string | undefined;

  constructor(client: DynamoDBClient, table: string, tenant: string | undefined) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#items = new ItemReader(this.#client, table);
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
    const items = await Promise.all(keys.map((key) => this.#items.read(partitionKey(key))));
    return items.flatMap((item) => (item === undefined ? [] : [read(item)]));
  }
}

function read(item: AssetItem): Read {
  try {
    return fromItem(item);
  } catch {
    return { kind: 'unreadable', pk: String(item['pk']) };
  }
}
