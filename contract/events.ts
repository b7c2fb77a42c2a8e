import * as v from 'valibot';
import { AssetId, PresignedAsset, RawAsset } from '#contract/asset';
import { Environment, TenantId } from '#contract/tenant';

/** The `source` of every entry on the bus. */
export const EVENT_SOURCE = 'nexus.raw-storage';

export const EVENT_TYPES = ['raw_asset_presigned', 'raw_asset_registered'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** `major.minor`: within a major, events only gain optional fields. */
export const SCHEMA_VERSION = '1.0';

/** Written with the change that it tells of, in the same item; what becomes of it is the publisher's. */
export const OutboxEntry = v.object({
  event_id: v.pipe(v.string(), v.uuid()),
  event_type: v.picklist(EVENT_TYPES),
  /** Numbers an asset's events from 1. */
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  occurred_at: v.pipe(v.string(), v.isoTimestamp()),
  user_id: v.string(),
  request_id: v.string(),
  trace_id: v.string(),
});
export type OutboxEntry = v.InferOutput<typeof OutboxEntry>;

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
  asset: RawAsset,
});

/**
 * The `detail` of every entry on the bus, as the publisher writes it; its `event_type` is the entry's detail-type. What
 * subscribers may rely on is in `docs/events/`.
 */
export const DatasetEvent = v.variant('event_type', [RawAssetPresignedEvent, RawAssetRegisteredEvent]);
export type DatasetEvent = v.InferOutput<typeof DatasetEvent>;
