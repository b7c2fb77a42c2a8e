import * as v from 'valibot';
import { AssetId } from '#contract/asset';
import { Environment, TenantId } from '#contract/tenant';
import type { AssetKey } from '#core/assets/asset-repository';

/** A version that arrived, and the asset whose key it lies under. */
export interface ArrivedVersion {
  readonly asset: AssetKey;
  readonly key: string;
  readonly versionId: string;
}

/** What EventBridge tells of an object that S3 has: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectCreated = v.object({
  detail: v.object({ object: v.object({ key: v.string(), 'version-id': v.string() }) }),
});

const Ids = v.object({ tenant_id: TenantId, env: Environment, asset_id: AssetId });

const KEY = /^tenants\/([^/]+)\/([^/]+)\/raw\/([^/]+)\/[^/]+$/;

/**
 * Reads an event of S3, as the queue's message holds it.
 *
 * @returns undefined for an object under a key that no form of this service has
 * @throws v.ValiError for what is no such event
 */
export function readObjectCreated(body: string): ArrivedVersion | undefined {
  const { key, 'version-id': versionId } = v.parse(v.pipe(v.string(), v.parseJson(), ObjectCreated), body)
    .detail.object;
  const [, tenant_id, env, asset_id] = KEY.exec(key) ?? [];
  const asset = v.safeParse(Ids, { tenant_id, env, asset_id });
  // An id in upper case is no form's.
  if (!asset.success || asset.output.asset_id !== asset_id) return undefined;
  return { asset: asset.output, key, versionId };
}
