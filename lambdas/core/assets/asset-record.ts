import * as v from 'valibot';
import { disagreement } from '#contract/agreement';
import { type Asset, PresignedAsset, RawAsset } from '#contract/asset';
import { DatasetEvent, OutboxEntry, SCHEMA_VERSION } from '#contract/events';
import { parseJson } from '#contract/json';

/** An asset with its outbox entry: the change and the event that tells of it are one item, written at once. */
export interface AssetRecord {
  readonly asset: Asset;
  readonly outbox: OutboxEntry;
  /** Epoch seconds from which a presigned asset counts as gone; a registered asset has none. */
  readonly purge_at?: number;
}

export type PresignedRecord = AssetRecord & { readonly asset: PresignedAsset };

/** The table's item, flat: attributes of the asset and of its outbox entry, side by side. */
export type AssetItem = Record<string, unknown>;

/** `{tenant_id}#{env}#{asset_id}`: one partition an asset, so that no tenant has a write ceiling. */
export function partitionKey(key: { tenant_id: string; env: string; asset_id: string }): string {
  return `${key.tenant_id}#${key.env}#${key.asset_id}`;
}

/** The unit of `purge_at`, as the table's TTL has it. */
export function epochSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/** Metadata is kept as JSON text: DynamoDB's own types would change numbers and drop empty values. */
export function toItem({ asset, outbox, purge_at }: AssetRecord): AssetItem {
  return {
    pk: partitionKey(asset),
    ...asset,
    ...(asset.status === 'registered' && { metadata: JSON.stringify(asset.metadata) }),
    ...outbox,
    ...(purge_at !== undefined && { purge_at }),
  };
}

const StoredJson = v.pipe(v.string(), v.transform(parseJson));

const StoredAsset = v.variant('status', [
  PresignedAsset,
  v.object({ ...RawAsset.entries, metadata: v.pipe(StoredJson, RawAsset.entries.metadata) }),
]);

/** @throws v.ValiError when the item is not one that {@link toItem} makes */
export function fromItem(item: AssetItem): AssetRecord {
  const purge_at = v.parse(v.optional(v.number()), item['purge_at']);
  return {
    asset: v.parse(StoredAsset, item),
    outbox: v.parse(OutboxEntry, item),
    ...(purge_at !== undefined && { purge_at }),
  };
}

/**
 * The event that an item tells of.
 *
 * @throws v.ValiError when the item is malformed, or its event type is not its status's; Error when it contradicts itself, or
 *   is not under its key
 */
export function toDatasetEvent(item: AssetItem): DatasetEvent {
  const { asset, outbox } = fromItem(item);
  const event = v.parse(DatasetEvent, {
    ...outbox,
    schema_version: SCHEMA_VERSION,
    tenant_id: asset.tenant_id,
    env: asset.env,
    asset_type: 'raw_asset',
    asset_id: asset.asset_id,
    asset,
  });
  if (item['pk'] !== partitionKey(asset)) throw new Error('pk is not that of the tenant, env and asset');
  const path = disagreement(event);
  if (path !== undefined) throw new Error(`${path} is not that of the tenant, env and asset`);
  return event;
}
