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
  const isOurs =
    v.is(TenantId, tenant_id) && v.is(Environment, env) && v.safeParse(AssetId, asset_id).output === asset_id;
  if (!isOurs) return undefined;
  return { asset: { tenant_id, env, asset_id: asset_id as string }, key, versionId };
}
