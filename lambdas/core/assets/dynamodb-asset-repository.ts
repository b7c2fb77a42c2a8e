import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import {
  type AssetRecord,
  fromItem,
  type PresignedRecord,
  partitionKey,
  toItem,
} from '#core/assets/asset-record';
import type { AssetKey, AssetRepository, WriteOutcome } from '#core/assets/asset-repository';
import { ItemReader } from '#core/assets/item-reader';
import { unavailableOr } from '#core/aws/sdk-errors';

/** Assets in one DynamoDB table, whose stream carries each item's outbox entry to the publisher. */
export class DynamoDbAssetRepository implements AssetRepository {
  readonly #client: DynamoDBDocumentClient;
  readonly #items: ItemReader;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = DynamoDBDocumentClient.from(client);
    this.#items = new ItemReader(this.#client, table);
    this.#table = table;
  }

  async find(key: AssetKey): Promise<AssetRecord | undefined> {
    const item = await this.#items.read(partitionKey(key));
    return item && fromItem(item);
  }

  create(record: PresignedRecord): Promise<WriteOutcome> {
    return this.#write(
      new PutCommand({
        ...this.#conditional,
        Item: toItem(record),
        ConditionExpression:
          'attribute_not_exists(pk) OR (#status IN (:expired, :purged) AND #sequence < :sequence)',
        ExpressionAttributeNames: { '#status': 'status', '#sequence': 'sequence' },
        ExpressionAttributeValues: {
          ':expired': 'expired',
          ':purged': 'purged',
          ':sequence': record.outbox.sequence,
        },
      }),
    );
  }

  renew({ asset, outbox, ttl }: PresignedRecord): Promise<WriteOutcome> {
    return this.#write(
      new UpdateCommand({
        ...this.#conditional,
        Key: { pk: partitionKey(asset) },
        UpdateExpression: 'SET upload_expires_at = :expires, #ttl = :ttl',
        ConditionExpression: '#status = :presigned AND event_id = :event',
        ExpressionAttributeNames: { '#status': 'status', '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':expires': asset.upload_expires_at,
          ':ttl': ttl,
          ':presigned': 'presigned',
          ':event': outbox.event_id,
        },
      }),
    );
  }

  note({ asset, outbox, arrived: noted }: PresignedRecord, arrived: string): Promise<WriteOutcome> {
    const unchanged = noted === undefined ? 'attribute_not_exists(arrived)' : 'arrived = :noted';
    return this.#write(
      new UpdateCommand({
        ...this.#conditional,
        Key: { pk: partitionKey(asset) },
        UpdateExpression: 'SET arrived = :arrived',
        ConditionExpression: `#status = :presigned AND event_id = :event AND ${unchanged}`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':arrived': arrived,
          ':presigned': 'presigned',
          ':event': outbox.event_id,
          ...(noted !== undefined && { ':noted': noted }),
        },
      }),
    );
  }

  replace(previous: AssetRecord, next: AssetRecord, liveAt?: number): Promise<WriteOutcome> {
    const live = liveAt === undefined ? '' : ' AND #ttl > :now';
    return this.#write(
      new PutCommand({
        ...this.#conditional,
        Item: toItem(next),
        ConditionExpression: `#status = :status AND event_id = :event${live}`,
        ExpressionAttributeNames: { '#status': 'status', ...(live && { '#ttl': 'ttl' }) },
        ExpressionAttributeValues: {
          ':status': previous.asset.status,
          ':event': previous.outbox.event_id,
          ...(live && { ':now': liveAt }),
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
