import * as v from 'valibot';

export const EVENT_TYPES = [
  'raw_asset_presigned',
  'raw_asset_registered',
  'raw_asset_deleted',
  'raw_asset_restored',
  'raw_asset_purged',
  'raw_asset_expired',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The `user_id` of what the service does by itself. */
export const SERVICE_USER = 'nexus-raw-storage';

/** Written with the change that it tells of, in the same item; what becomes of it is the publisher's. */
export const OutboxEntry = v.object({
  event_id: v.pipe(v.string(), v.uuid()),
  event_type: v.picklist(EVENT_TYPES),
  /** Orders an asset's events: it only grows, across the lives of an id too. A presign's is its time in epoch milliseconds. */
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  occurred_at: v.pipe(v.string(), v.isoTimestamp()),
  user_id: v.string(),
  request_id: v.string(),
  trace_id: v.string(),
});
export type OutboxEntry = v.InferOutput<typeof OutboxEntry>;
