import type { AssetKey } from '#core/assets/asset-repository';

/** Where an asset's bytes lie. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
  /** `s3://{bucket}/{key}`, nothing encoded. */
  readonly uri: string;
}

type Named = AssetKey & { readonly filename: string };

export function objectLocation(bucket: string, asset: Named): ObjectLocation {
  const key = objectKey(asset);
  return { bucket, key, uri: `s3://${bucket}/${key}` };
}

/** `tenants/{tenant_id}/{env}/raw/{asset_id}/{filename}`: a tenant's objects share one prefix, which IAM can name. */
export function objectKey({ tenant_id, env, asset_id, filename }: Named): string {
  return `tenants/${tenant_id}/${env}/raw/${asset_id}/${filename}`;
}
