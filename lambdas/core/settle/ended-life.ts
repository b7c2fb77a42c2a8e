import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { fromItem, partitionKey } from '#core/assets/asset-record';
import { isRemovalByTimeToLive } from '#core/events/change-event';
import type { EndedLife } from '#core/settle/settler';

type Image = Record<string, AttributeValue>;

/**
 * Reads a record of the table's stream.
 *
 * @returns undefined for a change that leaves nothing behind: the asset goes on, or is one that the table's own clean-up did
 *   not remove
 * @throws v.ValiError for an item that is malformed; Error for one that is not under its key
 */
export function readEndedLife(record: DynamoDBRecord): EndedLife | undefined {
  const { OldImage, NewImage, Keys } = record.dynamodb ?? {};
  if (OldImage === undefined || (NewImage === undefined && !isRemovalByTimeToLive(record))) return undefined;
  const before = fromItem(unmarshall(OldImage as Image));
  const after = NewImage && fromItem(unmarshall(NewImage as Image));
  if (Keys?.['pk']?.S !== partitionKey(before.asset)) throw new Error('The item is not that of its key');
  const status = after?.asset.status;
  const ends =
    before.asset.status === 'presigned'
      ? status !== 'presigned'
      : status === undefined || status === 'purged';
  return ends ? { before, after } : undefined;
}
