import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { OutboxEntry } from '#contract/events';
import {
  type AssetRecord,
  fromItem,
  type PresignedRecord,
  partitionKey,
  toItem,
} from '#core/assets/asset-record';
import type { AssetKey, AssetRepository, WriteOutcome } from '#core/assets/asset-repository';
import { unavailableOr } from '#core/aws/sdk-errors';

/** Assets in one DynamoDB table, whose stream carries each item's outbox entry to the publisher. */
export class DynamoDbAssetRepository implements AssetRepository {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#table = table;
  }

  async find(key: AssetKey): Promise<AssetRecord | undefined> {
    const get = new GetCommand({
      TableName: this.#table,
      Key: { pk: partitionKey(key) },
      ConsistentRead: true,
    });
    try {
      const { Item } = await this.#client.send(get);
      return Item && fromItem(Item);
    } catch (error) {
      throw unavailableOr(error, 'The asset table');
    }
  }

  create(record: PresignedRecord, now: number): Promise<WriteOutcome> {
    return this.#write(
      new PutCommand({
        ...this.#conditional,
        Item: toItem(record),
        ConditionExpression: 'attribute_not_exists(pk) OR (#status = :presigned AND purge_at <= :now)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':presigned': 'presigned', ':now': now },
      }),
    );
  }

  renew({ asset, outbox, purge_at }: PresignedRecord): Promise<WriteOutcome> {
    return this.#write(
      new UpdateCommand({
        ...this.#conditional,
        Key: { pk: partitionKey(asset) },
        UpdateExpression: 'SET upload_expires_at = :expires, purge_at = :purge',
        ConditionExpression: '#status = :presigned AND event_id = :event',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':expires': asset.upload_expires_at,
          ':purge': purge_at,
          ':presigned': 'presigned',
          ':event': outbox.event_id,
        },
      }),
    );
  }

  register(record: AssetRecord, previous: OutboxEntry, now: number): Promise<WriteOutcome> {
    const { pk, ...attributes } = toItem(record);
    const names = Object.keys(attributes);
    return this.#write(
      new UpdateCommand({
        ...this.#conditional,
        Key: { pk },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`)} REMOVE purge_at, upload_expires_at`,
        ConditionExpression: '#status = :presigned AND purge_at > :now AND #event_id = :previous',
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])),
          ':presigned': 'presigned',
          ':now': now,
          ':previous': previous.event_id,
        },
      }),
    );
  }

  /** Every write asks for the item for which its condition does not hold. That saves a read. */
  get #conditional() {
    return { TableName: this.#table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  }

  async #write(command: PutCommand | UpdateCommand): Promise<WriteOutcome> {
    try {
      await this.#client.send(command as PutCommand);
      return { written: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailableOr(error, 'The asset table');
      // The document client reads answers, but not exceptions: https://github.com/aws/aws-sdk-js-v3/issues/6723
      return { written: false, current: error.Item && fromItem(unmarshall(error.Item)) };
    }
  }
}
