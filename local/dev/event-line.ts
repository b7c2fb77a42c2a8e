import type { DatasetEvent } from '#contract/events';

/** Formats an event in one line: time, type, tenant, asset, filename, bytes. */
export function formatEvent(event: DatasetEvent): string {
  const { occurred_at, event_type, tenant_id, asset_id, asset } = event;
  const size = asset.size_bytes === undefined ? 'size not declared' : `${asset.size_bytes} bytes`;
  return `${occurred_at}  ${event_type}  ${tenant_id}  ${asset_id}  ${JSON.stringify(asset.filename)}  ${size}`;
}
