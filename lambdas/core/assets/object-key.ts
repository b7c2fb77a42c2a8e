import type { AssetKey } from '#core/assets/asset-repository';

/** `tenants/{tenant_id}/{env}/raw/{asset_id}/{filename}`: a tenant's objects share one prefix, which IAM can name. */
export function objectKey({
  tenant_id,
  env,
  asset_id,
  filename,
}: AssetKey & { readonly filename: string }): string {
  return `tenants/${tenant_id}/${env}/raw/${asset_id}/${filename}`;
}
