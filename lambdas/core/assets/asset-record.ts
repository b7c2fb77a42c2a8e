import * as v from 'valibot';
import {
  type Asset,
  ClosedAsset,
  DeletedAsset,
  PresignedAsset,
  type RawAsset,
  RegisteredAsset,
} from '#contract/asset';
import { parseJson } from '#contract/json';
import { OutboxEntry } from '#contract/outbox-entry';
import { listKey } from '#core/assets/list-key';

/** An asset with its outbox entry: the change and the event that tells of it are one item, written at once. */
export interface AssetRecord<TAsset extends Asset = Asset> {
  readonly asset: TAsset;
  readonly outbox: OutboxEntry;
  /** The presign's `event_id`, which marks this life's forms; a closed asset has none. */
  readonly upload?: string;
  /** Epoch seconds from which the record counts as gone, and the table removes it; a registered asset has none. */
  readonly ttl?: number;
  /** The version that arrived while the asset was presigned; `*` where several did. */
  readonly arrived?: string;
}

export type PresignedRecord = AssetRecord<PresignedAsset>;

/** Whether an asset stands for a recorded version. */
export function isRaw(asset: Asset): asset is RawAsset {
  return asset.status === 'registered' || asset.status === 'deleted';
}

/** Several versions arrived. */
export const SEVERAL = '*';

/** The table's item, flat: attributes of the asset and of its outbox entry, side by side. */
export type AssetItem = Record<string, unknown>;

/** `{tenant_id}#{env}#{asset_id}`: one partition an asset, so that no tenant has a write ceiling. */
export function partitionKey(key: { tenant_id: string; env: string; asset_id: string }): string {
  return `${key.tenant_id}#${key.env}#${key.asset_id}`;
}

/** The unit of `ttl`. */
export function epochSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/** Metadata is kept as JSON text: DynamoDB's own types would change numbers and drop empty values. */
export function toItem({ asset, outbox, ...marks }: AssetRecord): AssetItem {
  return {
    pk: partitionKey(asset),
    ...asset,
    ...('metadata' in asset && asset.metadata !== undefined && { metadata: JSON.stringify(asset.metadata) }),
    ...('created_at' in asset && listKey(asset)),
    ...outbox,
    ...marks,
  };
}

const StoredMetadata = v.pipe(v.string(), v.transform(parseJson), RegisteredAsset.entries.metadata);

const StoredAsset = v.variant('status', [
  v.object({ ...PresignedAsset.entries, metadata: v.optional(StoredMetadata) }),
  v.object({ ...RegisteredAsset.entries, metadata: StoredMetadata }),
  v.object({ ...DeletedAsset.entries, metadata: StoredMetadata }),
  ClosedAsset,
]);

const Marks = v.object({
  upload: v.exactOptional(v.string()),
  ttl: v.exactOptional(v.number()),
  arrived: v.exactOptional(v.string()),
});

/** @throws v.ValiError when the item is not one that {@link toItem} makes */
export function fromItem(item: AssetItem): AssetRecord {
  return { asset: v.parse(StoredAsset, item), outbox: v.parse(OutboxEntry, item), ...v.parse(Marks, item) };
}
