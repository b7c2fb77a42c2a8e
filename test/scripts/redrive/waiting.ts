import type { DynamoDBRecord } from 'aws-lambda';
import { createFailureDestination } from '../../../local/lambda/failure-destination.ts';
import { presignedRecord, registeredRecord } from '../../support/asset-records.ts';
import { FAILURE_BUCKET, type TestAws } from '../../support/aws.ts';
import { streamRecord } from '../../support/stream-record.ts';

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
