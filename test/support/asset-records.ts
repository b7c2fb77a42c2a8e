import { randomUUID } from 'node:crypto';
import type { ClosedAsset, DeletedAsset, PresignedAsset, RegisteredAsset } from '#contract/asset';
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

export function presignedRecord(
  asset: Partial<PresignedAsset> = {},
  ttl = 2_000_000_000,
): PresignedRecord & { readonly upload: string } {
  const { asset_id = randomUUID(), tenant_id = caller.tenant_id, env = caller.env } = asset;
  const { bucket = 'bucket', filename = 'a.txt' } = asset;
  const outbox = outboxEntry(caller, 'raw_asset_presigned', 1_750_000_000_000, new Date());
  return {
    asset: {
      asset_id,
      tenant_id,
      env,
      ...objectLocation(bucket, { tenant_id, env, asset_id, filename }),
      filename,
      content_type: 'text/plain',
      status: 'presigned',
      register: 'explicit',
      upload_expires_at: '2033-05-17T03:33:20.000Z',
      ...asset,
    },
    outbox,
    upload: outbox.event_id,
    ttl,
  };
}

export function registeredRecord(
  { asset, outbox }: AssetRecord<PresignedAsset>,
  metadata: Record<string, unknown> = {},
): AssetRecord<RegisteredAsset> {
  const next = outboxEntry(caller, 'raw_asset_registered', outbox.sequence + 1, new Date());
  const { upload_expires_at: _, register: __, ...identity } = asset;
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
    upload: outbox.event_id,
  };
}

export function deletedRecord(
  { asset, outbox, ...marks }: AssetRecord<RegisteredAsset>,
  ttl = 2_000_000_000,
): AssetRecord<DeletedAsset> {
  const next = outboxEntry(caller, 'raw_asset_deleted', outbox.sequence + 1, new Date());
  const purge_at = new Date(ttl * 1000).toISOString();
  return {
    ...marks,
    asset: { ...asset, status: 'deleted', deleted_at: next.occurred_at, purge_at },
    outbox: next,
    ttl,
  };
}

export function closedRecord(
  { asset: { asset_id, tenant_id, env }, outbox }: AssetRecord,
  status: ClosedAsset['status'],
): AssetRecord<ClosedAsset> {
  const next = outboxEntry(caller, `raw_asset_${status}`, outbox.sequence + 1, new Date());
  return { asset: { asset_id, tenant_id, env, status }, outbox: next, ttl: 1_900_000_000 };
}
