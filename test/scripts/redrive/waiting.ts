import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { createFailureDestination } from '../../../local/lambda/failure-destination.ts';
import { presignedRecord, registeredRecord } from '../../support/asset-records.ts';
import { FAILURE_BUCKET, type TestAws } from '../../support/aws.ts';

let sequence = 0n;

/** A record of the table's stream, later than those made before. */
export function streamRecord(record: AssetRecord, previous?: AssetRecord): DynamoDBRecord {
  sequence += 1n;
  const image = (of: AssetRecord) => marshall(toItem(of)) as Record<string, AttributeValue>;
  return {
    eventName: previous ? 'MODIFY' : 'INSERT',
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      NewImage: image(record),
      ...(previous && { OldImage: image(previous) }),
      // As long as DynamoDB's, and longer from the tenth on.
      SequenceNumber: `${sequence}00000000000000000000`,
    },
  };
}

/** Both changes of a new asset. */
export function lifecycle(): [presigned: DynamoDBRecord, registered: DynamoDBRecord] {
  const presigned = presignedRecord();
  return [streamRecord(presigned), streamRecord(registeredRecord(presigned), presigned)];
}

export const idOf = (record: DynamoDBRecord) => record.dynamodb?.NewImage?.['event_id']?.S;

/** Leaves records where they wait for a redrive. */
export function waiting({ store, queue }: TestAws) {
  const discard = createFailureDestination({
    store,
    failureBucket: FAILURE_BUCKET,
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:publish-events',
    mappingId: 'mapping',
  });
  return {
    /** As an object of the failure bucket. */
    inBucket: (...records: DynamoDBRecord[]) =>
      discard({ condition: 'RecordAgeExceeded', records, invokeCount: 3 }),
    /** Each as a message of the poison queue. */
    inQueue(...records: DynamoDBRecord[]): void {
      for (const record of records)
        queue.send(JSON.stringify({ reason: { error: 'MalformedDetail' }, record }));
    },
    /** Keys of the bucket's objects. */
    objects: () => [...store.keys(FAILURE_BUCKET)].map(([key]) => key),
  };
}
