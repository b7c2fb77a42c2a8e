import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AssetIndex, IndexPage, IndexRange } from '#core/assets/asset-index';
import { LIST_INDEX } from '#core/assets/list-key';
import { unavailableOr } from '#core/aws/sdk-errors';

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
}
