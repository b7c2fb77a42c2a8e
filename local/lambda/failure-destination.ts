import { randomUUID } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import { sequenceNumberOf } from '../dynamodb/stream-record.ts';
import type { VersionStore } from '../s3/version-store.ts';
import type { DiscardedBatch } from './mapping.ts';

export interface FailureDestinationOptions {
  readonly store: VersionStore;
  /** The bucket that the objects go to. @default - what is given up is dropped */
  readonly failureBucket?: string;
  readonly functionArn: string;
  /** The mapping's id, a part of the objects' keys. */
  readonly mappingId: string;
  /** @default the wall clock */
  readonly now?: () => Date;
}

const SHARD_ID = 'shardId-00000000000000000000-00000000';

/**
 * Keeps the records that a stream mapping gives up, as Lambda does in S3: one object for a batch, with whole records.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 *
 * @returns what EventSourceMapping takes as `onDiscard`
 */
export function createFailureDestination({
  store,
  failureBucket,
  now: clock = () => new Date(),
  ...mapping
}: FailureDestinationOptions) {
  return async (batch: DiscardedBatch): Promise<void> => {
    if (failureBucket === undefined) return;
    const now = clock();
    const upload = store.stage();
    upload.write(Buffer.from(JSON.stringify(toInvocationRecord(batch, mapping.functionArn, now))));
    await store.commit(upload, await upload.seal(), {
      bucket: failureBucket,
      key: objectKey(mapping.mappingId, now),
      headers: { 'content-type': 'application/json' },
      keepsSha256: false,
    });
  };
}

function objectKey(mappingId: string, now: Date): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).split('T');
  const name = `${date}T${time.replaceAll(':', '.')}-${randomUUID()}`;
  return ['aws/lambda', mappingId, SHARD_ID, date.replaceAll('-', '/'), name].join('/');
}

function toInvocationRecord(
  { condition, records, invokeCount }: DiscardedBatch,
  functionArn: string,
  now: Date,
) {
  const [first, last] = [records.at(0), records.at(-1)];
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invokeCount,
    },
    version: '1.0',
    timestamp: now.toISOString(),
    DDBStreamBatchInfo: {
      shardId: SHARD_ID,
      startSequenceNumber: first && sequenceNumberOf(first),
      endSequenceNumber: last && sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: arrivalOf(first),
      approximateArrivalOfLastRecord: arrivalOf(last),
      batchSize: records.length,
      streamArn: first?.eventSourceARN,
    },
    // Lambda writes the payload as a text that holds JSON.
    payload: JSON.stringify({ Records: records }),
  };
}

function arrivalOf(record: DynamoDBRecord | undefined): string {
  return new Date((record?.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000).toISOString();
}
