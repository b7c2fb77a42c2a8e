import { randomUUID } from 'node:crypto';
import type { PresignedAsset, RawAsset } from '#contract/asset';
import type { AssetRecord, PresignedRecord } from '#core/assets/asset-record';
import { objectLocation } from '#core/assets/object-location';
import { type Caller, outboxEntry } from '#core/identity/caller';

export const caller: Caller = {
  tenant_id: 't_acme',
  env: 'dev',
  user_id: 'user-1',
  scopes: ['raw:read', 'raw:write'],
  request_id: 'request-1',
  trace_id: '1-67891233-abcdef012345678912345678',
};

type Registered = AssetRecord & { readonly asset: RawAsset };

export function presignedRecord(
  asset: Partial<PresignedAsset> = {},
  purge_at = 2_000_000_000,
): PresignedRecord {
  const { asset_id = randomUUID(), tenant_id = caller.tenant_id, env = caller.env } = asset;
  const { bucket = 'bucket', filename = 'a.txt' } = asset;
  return {
    asset: {
      asset_id,
      tenant_id,
      env,
      ...objectLocation(bucket, { tenant_id, env, asset_id, filename }),
      filename,
      content_type: 'text/plain',
      status: 'presigned',
      upload_expires_at: '2033-05-17T03:33:20.000Z',
      ...asset,
    },
    outbox: outboxEntry(caller, 'raw_asset_presigned', 1, new Date()),
    purge_at,
  };
}

export function registeredRecord(
  { asset, outbox }: PresignedRecord,
  metadata: Record<string, unknown> = {},
): Registered {
  const next = outboxEntry(caller, 'raw_asset_registered', outbox.sequence + 1, new Date());
  const { upload_expires_at: _, ...identity } = asset;
  return {
    asset: {
      ...identity,
      status: 'registered',
      size_bytes: 3,
      sha256: 'ab'.repeat(32),
      version_id: 'v0',
      created_at: next.occurred_at,
      created_by: caller.user_id,
      metadata,
    },
    outbox: next,
  };
}
