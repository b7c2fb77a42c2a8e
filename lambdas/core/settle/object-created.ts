import * as v from 'valibot';
import { AssetId } from '#contract/asset';
import { Filename } from '#contract/filename';
import { Environment, TenantId } from '#contract/tenant';
import type { AssetKey } from '#core/assets/asset-repository';
import { objectKey } from '#core/assets/object-location';

/** A version that arrived, and the asset whose key it lies under. */
export interface ArrivedVersion {
  readonly asset: AssetKey;
  readonly key: string;
  readonly versionId: string;
}

/** What EventBridge tells of an object that S3 has, whose key is not encoded: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectCreated = v.object({
  detail: v.object({
    bucket: v.object({ name: v.string() }),
    object: v.object({ key: v.string(), 'version-id': v.string() }),
  }),
});

/** The message by which `settle` looks at a version once more. {@link readObjectCreated} reads it like one of S3's. */
export function objectCreated(bucket: string, key: string, versionId: string): string {
  const detail = { bucket: { name: bucket }, object: { key, 'version-id': versionId } };
  return JSON.stringify({ detail } satisfies v.InferInput<typeof ObjectCreated>);
}

const Named = v.object({ tenant_id: TenantId, env: Environment, asset_id: AssetId, filename: Filename });

const KEY = /^tenants\/([^/]+)\/([^/]+)\/raw\/([^/]+)\/([^/]+)$/s;

/**
 * Reads an event of S3, as the queue's message holds it.
 *
 * @param ownBucket the name of the bucket that the service's forms upload to
 * @returns undefined for an object of another bucket, or one that belongs to no asset
 * @throws v.ValiError for what is no such event
 */
export function readObjectCreated(body: string, ownBucket: string): ArrivedVersion | undefined {
  const { bucket, object } = v.parse(v.pipe(v.string(), v.parseJson(), ObjectCreated), body).detail;
  if (bucket.name !== ownBucket) return undefined;
  const { key, 'version-id': versionId } = object;
  const asset = assetOfKey(key);
  return asset && { asset, key, versionId };
}

/** The asset that an object belongs to; undefined for a key that no form of this service has. */
export function assetOfKey(key: string): AssetKey | undefined {
  const [, tenant_id, env, asset_id, filename] = KEY.exec(key) ?? [];
  const named = v.safeParse(Named, { tenant_id, env, asset_id, filename });
  // The schemas take an id in upper case and a name in another normal form, which they change and no form has.
  if (!named.success || objectKey(named.output) !== key) return undefined;
  const { filename: _, ...asset } = named.output;
  return asset;
}
