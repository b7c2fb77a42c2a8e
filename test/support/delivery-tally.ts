import type { DatasetEvent } from '#contract/events';
import type { AssetRecord } from '#core/assets/asset-record';

export interface DeliveryTally {
  readonly changes: number;
  readonly delivered: number;
  /** Deliveries after an event's first. */
  readonly duplicates: number;
  /** Changes whose event did not come. */
  readonly lost: number;
  /** Events of no change. */
  readonly unknown: number;
  /** Assets of which an event first came before the one that is before it in their sequence. */
  readonly outOfOrder: number;
}

/** Counts deliveries, in their order, against the changes that were made: by `event_id`. */
export function tallyDeliveries(
  changes: readonly AssetRecord[],
  deliveries: readonly DatasetEvent[],
): DeliveryTally {
  const made = new Set(changes.map(({ outbox }) => outbox.event_id));
  const firstPlaces = new Map<string, number>();
  for (const [place, { event_id }] of deliveries.entries()) {
    if (!firstPlaces.has(event_id)) firstPlaces.set(event_id, place);
  }
  const placeOf = ({ outbox }: AssetRecord) => firstPlaces.get(outbox.event_id) ?? Number.POSITIVE_INFINITY;
  const isOutOfOrder = (asset: readonly AssetRecord[]) =>
    asset
      .toSorted((one, other) => one.outbox.sequence - other.outbox.sequence)
      .map(placeOf)
      .some((place, index, places) => place < (places[index - 1] ?? 0));
  const assets = [...Map.groupBy(changes, ({ asset }) => asset.asset_id).values()];
  return {
    changes: changes.length,
    delivered: deliveries.length,
    duplicates: deliveries.length - firstPlaces.size,
    lost: [...made].filter((id) => !firstPlaces.has(id)).length,
    unknown: [...firstPlaces.keys()].filter((id) => !made.has(id)).length,
    outOfOrder: assets.filter(isOutOfOrder).length,
  };
}
