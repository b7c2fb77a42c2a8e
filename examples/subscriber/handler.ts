import type { Readable } from 'node:stream';
import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { EventBridgeEvent } from 'aws-lambda';
import { parseDatasetEvent, type RawAssetRegisteredEvent } from 'nexus-raw-storage/events';

const s3 = new S3Client();
const dynamodb = new DynamoDBClient();
const table = process.env['RESULTS_TABLE'];

/** Longer than an event can come again: 90 days in the bus's archive, 14 in a queue, one at EventBridge and at Lambda. */
const KEPT_SECONDS = 120 * 24 * 60 * 60;

/** Counts the lines of a registered file, once for each event however often that comes. Throws where it cannot. */
export async function handler({ detail }: EventBridgeEvent<string, unknown>): Promise<void> {
  const event = parseDatasetEvent(detail);
  if (event.event_type !== 'raw_asset_registered')
    throw new Error(`Not for this function: ${event.event_type}`);
  const lines = await countLines(event.asset);
  const isNew = await keep(event, lines);
  const { event_id, tenant_id, asset_id } = event;
  console.info({ message: isNew ? 'lines counted' : 'counted before', event_id, tenant_id, asset_id, lines });
}

/** Reads the version that was registered: a later upload may be the current one. As `wc -l` counts, in any memory. */
async function countLines({ bucket, key, version_id }: RawAssetRegisteredEvent['asset']): Promise<number> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version_id }));
  let lines = 0;
  for await (const chunk of Body as Readable) {
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', at + 1)) lines++;
  }
  return lines;
}

/**
 * Keeps the result under the event's id, unless there is one. The result is its own mark that the event is done with:
 * one write, so no crash can leave either without the other. False where there was one.
 */
async function keep(
  { event_id, tenant_id, asset_id }: RawAssetRegisteredEvent,
  lines: number,
): Promise<boolean> {
  const expiresAt = Math.floor(Date.now() / 1000) + KEPT_SECONDS;
  const put = new PutItemCommand({
    TableName: table,
    Item: {
      event_id: { S: event_id },
      tenant_id: { S: tenant_id },
      asset_id: { S: asset_id },
      lines: { N: String(lines) },
      expires_at: { N: String(expiresAt) },
    },
    ConditionExpression: 'attribute_not_exists(event_id)',
  });
  try {
    await dynamodb.send(put);
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
