import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  DynamoDBDocumentClient,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AssetIndex, IndexPage, IndexRange } from '#core/assets/asset-index';
import { type AssetRecord, fromItem, partitionKey } from '#core/assets/asset-record';
import type { AssetKey } from '#core/assets/asset-repository';
import { LIST_INDEX } from '#core/assets/list-key';
import { unavailableOr } from '#core/aws/sdk-errors';
import { RawStorageError } from '#core/errors';

/** How often keys are asked for that DynamoDB left out for lack of capacity. */
const MAX_ATTEMPTS = 5;
/** The wait after the first attempt, in milliseconds. It doubles with each. */
const BACKOFF_MS = 25;

/** The index `list` of the table of assets. */
export class DynamoDbAssetIndex implements AssetIndex {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#table = table;
  }

  async read(partition: string, { from, to, limit, contentType }: IndexRange): Promise<IndexPage> {
    const query = new QueryCommand({
      TableName: this.#table,
      IndexName: LIST_INDEX,
      KeyConditionExpression: 'list_pk = :pk AND list_sk BETWEEN :from AND :to',
      ...(contentType !== undefined && {
        FilterExpression: contentType.endsWith('/*')
          ? 'begins_with(content_type, :type)'
          : 'content_type = :type',
      }),
      ExpressionAttributeValues: {
        ':pk': partition,
        ':from': from,
        ':to': to,
        ...(contentType !== undefined && { ':type': contentType.replace(/\*$/, '') }),
      },
      ScanIndexForward: false,
      Limit: limit,
    });
    try {
      const { Items = [], LastEvaluatedKey } = await this.#client.send(query);
      return {
        rows: Items.map(({ pk, list_sk }) => ({ pk: String(pk), position: String(list_sk) })),
        end: LastEvaluatedKey && String(LastEvaluatedKey['list_sk']),
      };
    } catch (error) {
      throw unavailableOr(error, 'The asset table');
    }
  }

  async findAll(keys: readonly AssetKey[]): Promise<AssetRecord[]> {
    const records: AssetRecord[] = [];
    let asked: BatchGetCommandInput['RequestItems'] = {
      [this.#table]: { Keys: keys.map((key) => ({ pk: partitionKey(key) })), ConsistentRead: true },
    };
    for (let attempt = 0; keys.length > 0 && asked?.[this.#table] !== undefined; attempt++) {
      if (attempt === MAX_ATTEMPTS) throw new RawStorageError('unavailable', 'The asset table is throttled');
      if (attempt > 0) await sleep(Math.random() * BACKOFF_MS * 2 ** attempt);
      try {
        const get: BatchGetCommand = new BatchGetCommand({ RequestItems: asked });
        const { Responses = {}, UnprocessedKeys } = await this.#client.send(get);
        records.push(...(Responses[this.#table] ?? []).map(fromItem));
        asked = UnprocessedKeys;
      } catch (error) {
        throw unavailableOr(error, 'The asset table');
      }
    }
    return records;
  }
}
