import type { RawAsset } from '#contract/asset';

/** Over how many partitions of the index the assets of one tenant are spread, so that none is its write ceiling. */
export const SHARDS = 8;

/** The index's name. */
export const LIST_INDEX = 'list';

type Listed = Pick<RawAsset, 'tenant_id' | 'env' | 'status' | 'asset_id' | 'created_at'>;

/** The attributes by which the index lists an asset. */
export function listKey(asset: Listed): { readonly list_pk: string; readonly list_sk: string } {
  return {
    list_pk: listPartition(asset, shardOf(asset.asset_id)),
    list_sk: `${asset.created_at}#${asset.asset_id}`,
  };
}

/** Begins with the tenant, so that IAM's leading keys hold for the index too. */
export function listPartition(
  { tenant_id, env, status }: Pick<Listed, 'tenant_id' | 'env' | 'status'>,
  shard: number,
): string {
  return `${tenant_id}#${env}#${status}#${shard}`;
}

/** FNV-1a over the id's text: ids that clients derive from names may have any digit fixed. */
function shardOf(asset_id: string): number {
  let hash = 0x811c9dc5;
  for (const character of asset_id) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return ((hash >>> 16) ^ hash) & (SHARDS - 1);
}
