import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import * as v from 'valibot';
import { disagreement } from '#contract/agreement';
import type { Asset } from '#contract/asset';
import { DatasetEvent, SCHEMA_VERSION } from '#contract/events';
import { type OutboxEntry, SERVICE_USER } from '#contract/outbox-entry';
import { type AssetRecord, fromItem, partitionKey } from '#core/assets/asset-record';
import { uuidV5 } from '#core/events/uuid-v5';

/** Namespace of the `event_id` of a removal, which follows from that of the change before it. */
const REMOVALS = '5b0a35a8-6f0e-4f0b-9c1e-0d5a3c1a7b52';

type Image = Record<string, AttributeValue>;

/** Whether a record of the stream is a change that has an event: its item has a new outbox entry, or TTL removed it. */
export function hasEvent(record: DynamoDBRecord): boolean {
  const { NewImage, OldImage } = record.dynamodb ?? {};
  if (NewImage !== undefined) return NewImage['event_id']?.S !== OldImage?.['event_id']?.S;
  if (!isRemovalByTimeToLive(record)) return false;
  const status = OldImage?.['status']?.S;
  return status === 'presigned' || status === 'deleted';
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
export function isRemovalByTimeToLive({ eventName, userIdentity }: DynamoDBRecord): boolean {
  return eventName === 'REMOVE' && userIdentity?.principalId === 'dynamodb.amazonaws.com';
}

/** When a change was made, in epoch milliseconds. */
export function timeOf({ dynamodb }: DynamoDBRecord): number {
  const { NewImage, ApproximateCreationDateTime = 0 } = dynamodb ?? {};
  return NewImage === undefined
    ? ApproximateCreationDateTime * 1000
    : Date.parse(String(NewImage['occurred_at']?.S));
}

/**
 * The event that a change has.
 *
 * @throws v.ValiError when an item is malformed, or its event type is not its status's; Error when the event contradicts itself,
 *   or is not that of its key
 */
export function toDatasetEvent(record: DynamoDBRecord): DatasetEvent {
  const { NewImage, OldImage, Keys } = record.dynamodb ?? {};
  const before = OldImage && fromItem(unmarshall(OldImage as Image));
  const after = NewImage && fromItem(unmarshall(NewImage as Image));
  const { asset, outbox } = after ? changed(before, after) : removed(before as AssetRecord, record);
  const event = v.parse(DatasetEvent, {
    ...outbox,
    schema_version: SCHEMA_VERSION,
    tenant_id: asset.tenant_id,
    env: asset.env,
    asset_type: 'raw_asset',
    asset_id: asset.asset_id,
    asset,
  });
  if (Keys?.['pk']?.S !== partitionKey(event)) throw new Error('pk is not that of the tenant, env and asset');
  const path = disagreement(event);
  if (path !== undefined) throw new Error(`${path} is not that of the tenant, env and asset`);
  return event;
}

interface Told {
  readonly asset: Pick<Asset, 'asset_id' | 'tenant_id' | 'env'> & { readonly status: string };
  readonly outbox: OutboxEntry;
}

/** A cancelled upload keeps nothing of what was declared, which its event tells. */
function changed(before: AssetRecord | undefined, { asset, outbox }: AssetRecord): Told {
  if (asset.status !== 'expired') return { asset, outbox };
  return { asset: { ...before?.asset, ...asset }, outbox };
}

/** The table removed an item whose time was up. Nobody wrote an outbox entry, so one follows from the last. */
function removed({ asset, outbox }: AssetRecord, record: DynamoDBRecord): Told {
  const { eventID = '' } = record;
  const isDeleted = asset.status === 'deleted';
  return {
    asset: isDeleted ? asset : { ...asset, status: 'expired' },
    outbox: {
      event_id: uuidV5(REMOVALS, outbox.event_id),
      event_type: isDeleted ? 'raw_asset_purged' : 'raw_asset_expired',
      sequence: outbox.sequence + 1,
      occurred_at: new Date(timeOf(record)).toISOString(),
      user_id: SERVICE_USER,
      request_id: eventID,
      trace_id: eventID,
    },
  };
}
