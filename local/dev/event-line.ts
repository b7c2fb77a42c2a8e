import { type DatasetEvent, EVENT_SOURCE } from '#contract/events';
import type { StoredEvent } from '../eventbridge/put-events.ts';

/** The most characters of a detail that is not the service's own. */
const MAX_DETAIL = 200;

/**
 * Formats an event in one line. Of the service's own: time, type, tenant, asset, filename, bytes; of any other: time,
 * source, type, detail.
 */
export function formatEvent(event: StoredEvent): string {
  const { source, time, detail } = event;
  if (source === EVENT_SOURCE) return formatDatasetEvent(detail as unknown as DatasetEvent);
  return [time, source, event['detail-type'], JSON.stringify(detail).slice(0, MAX_DETAIL)].join('  ');
}

function formatDatasetEvent({ occurred_at, event_type, tenant_id, asset_id, asset }: DatasetEvent): string {
  const head = [occurred_at, event_type, tenant_id, asset_id];
  // Nothing is told of an erased asset but its ids.
  if (!('filename' in asset)) return head.join('  ');
  const size = asset.size_bytes === undefined ? 'size not declared' : `${asset.size_bytes} bytes`;
  return [...head, JSON.stringify(asset.filename), size].join('  ');
}
