import { createHash } from 'node:crypto';
import type { DynamoDBRecord, AttributeValue as StreamValue } from 'aws-lambda';
import { REGION } from '../template/account.ts';
import type { Item } from './dynalite-store.ts';

/** Set on a change that no caller has made but DynamoDB's Time to Live. */
export interface UserIdentity {
  readonly type: 'Service';
  readonly principalId: 'dynamodb.amazonaws.com';
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
export const TIME_TO_LIVE: UserIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

/** One item before and after a write. A missing image means that there was, or is, no item. */
export interface ItemChange {
  readonly keys: Item;
  readonly old?: Item;
  readonly new?: Item;
  readonly userIdentity?: UserIdentity;
}

/** A write that is about to be made, and what it may change. */
export type Intent = Omit<ItemChange, 'new'>;

type Image = Record<string, StreamValue>;

/**
 * A change as Lambda hands it over, with both images.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb
 */
export function toStreamRecord(
  change: ItemChange,
  { sequenceNumber, streamArn, now }: { sequenceNumber: string; streamArn: string; now: number },
): DynamoDBRecord {
  const { keys, old: oldImage, new: newImage, userIdentity } = change;
  return {
    eventID: createHash('md5').update(`${streamArn} ${sequenceNumber}`).digest('hex'),
    eventName: oldImage === undefined ? 'INSERT' : newImage === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(now / 1000),
      Keys: keys as Image,
      ...(newImage && { NewImage: newImage as Image }),
      ...(oldImage && { OldImage: oldImage as Image }),
      SequenceNumber: sequenceNumber,
      SizeBytes: [keys, newImage, oldImage].reduce((total, image) => total + sizeOf(image), 0),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: streamArn,
    ...(userIdentity && { userIdentity }),
  };
}

/** Bytes of JSON, which is close to DynamoDB's own count; nothing depends on it. */
function sizeOf(image: Item | undefined): number {
  return image === undefined ? 0 : Buffer.byteLength(JSON.stringify(image));
}

/** 21 digits for every record, so that they sort as text; DynamoDB's have 21 to 40. */
export function nextSequenceNumber(last: string | undefined): string {
  return last === undefined ? '100000000000000000001' : String(BigInt(last) + 1n);
}

export function sequenceNumberOf(record: DynamoDBRecord): string {
  return String(record.dynamodb?.SequenceNumber);
}
