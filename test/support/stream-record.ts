import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';

let sequence = 0n;

// As long as DynamoDB's, and longer from the tenth on.
const nextSequenceNumber = () => `${++sequence}00000000000000000000`;

const image = (record: AssetRecord) => marshall(toItem(record)) as Record<string, AttributeValue>;

/** A record of the table's stream, later than those made before. */
export function streamRecord(record: AssetRecord, previous?: AssetRecord): DynamoDBRecord {
  return {
    eventID: `event-${sequence}`,
    eventName: previous ? 'MODIFY' : 'INSERT',
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      NewImage: image(record),
      ...(previous && { OldImage: image(previous) }),
      SequenceNumber: nextSequenceNumber(),
    },
  };
}

/** The record of a removal by Time to Live. */
export function removalRecord(record: AssetRecord, removedAt = new Date()): DynamoDBRecord {
  return {
    eventID: `event-${sequence}`,
    eventName: 'REMOVE',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      OldImage: image(record),
      ApproximateCreationDateTime: Math.floor(removedAt.getTime() / 1000),
      SequenceNumber: nextSequenceNumber(),
    },
  };
}
