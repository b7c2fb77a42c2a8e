import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { DynamoDBRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { StreamLog } from '../../../local/dynamodb/stream-log.ts';
import { sequenceNumberOf } from '../../../local/dynamodb/stream-record.ts';
import { createFailureDestination } from '../../../local/lambda/failure-destination.ts';
import { UNVERSIONED_BUCKET as Bucket, startS3Server } from '../../support/s3-server.ts';
import { makeDir, READER, STREAM_ARN } from '../dynamodb/table-definition.ts';

test('a batch is one object, with the whole records', async () => {
  const log = new StreamLog(join(makeDir(), 'stream.jsonl'), {
    streamArn: STREAM_ARN,
    readers: [READER],
    now: () => 1_000_000,
  });
  for (const pk of ['a', 'b']) {
    log.intend({ keys: { pk: { S: pk } } });
    log.settle({ pk: { S: pk } });
  }
  const records = log.undelivered();
  log.close();

  const { client, store, close } = await startS3Server();
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:publish-events';
  const onDiscard = createFailureDestination({
    store,
    failureBucket: Bucket,
    functionArn,
    mappingId: 'mapping',
  });
  await onDiscard({ condition: 'RecordAgeExceeded', records, invokeCount: 7 });

  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key)).toEqual([
    expect.stringMatching(
      /^aws\/lambda\/mapping\/shardId-[\d-]+\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
    ),
  ]);
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: Contents[0]?.Key }));
  const { payload, ...rest } = JSON.parse((await Body?.transformToString()) ?? '');
  expect(JSON.parse(payload)).toEqual({ Records: records });
  const [first, last] = records as [DynamoDBRecord, DynamoDBRecord];
  expect(rest).toEqual({
    requestContext: {
      requestId: expect.any(String),
      functionArn,
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 7,
    },
    version: '1.0',
    timestamp: expect.stringMatching(/Z$/),
    DDBStreamBatchInfo: {
      shardId: expect.any(String),
      startSequenceNumber: sequenceNumberOf(first),
      endSequenceNumber: sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: '1970-01-01T00:16:40.000Z',
      approximateArrivalOfLastRecord: '1970-01-01T00:16:40.000Z',
      batchSize: 2,
      streamArn: STREAM_ARN,
    },
  });
  await close();
});
