import * as v from 'valibot';
import {
  AssetId,
  ClosedAsset,
  DeletedAsset,
  ExpiredAsset,
  PresignedAsset,
  RegisteredAsset,
} from '#contract/asset';
import { OutboxEntry } from '#contract/outbox-entry';
import { Environment, TenantId } from '#contract/tenant';

/** The `source` of every entry on the bus. */
export const EVENT_SOURCE = 'nexus.raw-storage';

/** `major.minor`: within a major, events only gain optional fields. */
export const SCHEMA_VERSION = '1.0';

const envelope = {
  ...OutboxEntry.entries,
  schema_version: v.literal(SCHEMA_VERSION),
  tenant_id: TenantId,
  env: Environment,
  asset_type: v.literal('raw_asset'),
  asset_id: AssetId,
};

export const RawAssetPresignedEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_presigned'),
  asset: PresignedAsset,
});

export const RawAssetRegisteredEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_registered'),
  asset: RegisteredAsset,
});

export const RawAssetDeletedEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_deleted'),
  asset: DeletedAsset,
});

export const RawAssetRestoredEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_restored'),
  asset: RegisteredAsset,
});

/** An asset that was erased: nothing of it is kept but its ids. */
export const ErasedAsset = v.object({ ...ClosedAsset.entries, status: v.literal('purged') });

/** The asset as it was last where its retention ended, its ids where it was erased. */
export const RawAssetPurgedEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_purged'),
  asset: v.variant('status', [DeletedAsset, ErasedAsset]),
});

export const RawAssetExpiredEvent = v.object({
  ...envelope,
  event_type: v.literal('raw_asset_expired'),
  asset: ExpiredAsset,
});

/**
 * The `detail` of every entry on the bus, as the publisher writes it; its `event_type` is the entry's detail-type. What
 * subscribers may rely on is in `docs/events/`.
 */
export const DatasetEvent = v.variant('event_type', [
  RawAssetPresignedEvent,
  RawAssetRegisteredEvent,
  RawAssetDeletedEvent,
  RawAssetRestoredEvent,
  RawAssetPurgedEvent,
  RawAssetExpiredEvent,
]);
export type DatasetEvent = v.InferOutput<typeof DatasetEvent>;
