import * as v from 'valibot';
import { ContentType } from '#contract/content-type';
import { Filename } from '#contract/filename';
import { Metadata } from '#contract/metadata';
import { Environment, TenantId } from '#contract/tenant';

/** A UUID of any version, taken in any case and kept in lower case. */
export const AssetId = v.pipe(v.string(), v.toLowerCase(), v.uuid('is not a UUID'));

/** 64 hex digits, kept in lower case. */
export const Sha256 = v.pipe(v.string(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits'));

/** A whole number of bytes. */
export const SizeBytes = v.pipe(
  v.number(),
  v.safeInteger('is not a whole number below 2^53'),
  v.minValue(0, 'is negative'),
);

/** RFC 3339, UTC, with milliseconds. */
export const Timestamp = v.pipe(v.string(), v.isoTimestamp());

/** `s3://{bucket}/{key}` with nothing encoded, as AWS's tools take it; programs take `bucket` and `key`. */
export const AssetUri = v.pipe(v.string(), v.startsWith('s3://'));

const identity = {
  asset_id: AssetId,
  tenant_id: TenantId,
  env: Environment,
  uri: AssetUri,
  bucket: v.string(),
  /** The object's, in `bucket`. */
  key: v.string(),
  filename: Filename,
  content_type: ContentType,
};

/** Who registers an upload: the client, by a call, or the service itself, as soon as the bytes are there. */
export const RegisterMode = v.picklist(['explicit', 'on_upload']);

const declared = {
  size_bytes: v.optional(SizeBytes),
  sha256: v.optional(Sha256),
  register: RegisterMode,
  metadata: v.optional(Metadata),
  /** When the form stops working. */
  upload_expires_at: Timestamp,
};

/** An asset that has a form, but no verified bytes yet. */
export const PresignedAsset = v.object({ ...identity, status: v.literal('presigned'), ...declared });
export type PresignedAsset = v.InferOutput<typeof PresignedAsset>;

/** What was declared for an upload that was never registered. */
export const ExpiredAsset = v.object({ ...identity, status: v.literal('expired'), ...declared });
export type ExpiredAsset = v.InferOutput<typeof ExpiredAsset>;

const verified = {
  size_bytes: SizeBytes,
  sha256: Sha256,
  /** S3's id of the version that was verified; readers name it, since a later upload may be current. */
  version_id: v.string(),
  /** When it was registered. */
  created_at: Timestamp,
  /** The `sub` of the token that registered it. */
  created_by: v.string(),
  metadata: Metadata,
};

/** A registered asset: one version of one object, proven to be what was declared. */
export const RegisteredAsset = v.object({ ...identity, status: v.literal('registered'), ...verified });
export type RegisteredAsset = v.InferOutput<typeof RegisteredAsset>;

/** A deleted asset, whose bytes are kept until `purge_at`. */
export const DeletedAsset = v.object({
  ...identity,
  status: v.literal('deleted'),
  ...verified,
  deleted_at: Timestamp,
  /** Until then it can be restored; its bytes go after that. */
  purge_at: Timestamp,
});
export type DeletedAsset = v.InferOutput<typeof DeletedAsset>;

export const RawAsset = v.variant('status', [RegisteredAsset, DeletedAsset]);
export type RawAsset = v.InferOutput<typeof RawAsset>;

/** What stays of an asset that is no more: its ids. */
export const ClosedAsset = v.object({
  asset_id: AssetId,
  tenant_id: TenantId,
  env: Environment,
  status: v.picklist(['expired', 'purged']),
});
export type ClosedAsset = v.InferOutput<typeof ClosedAsset>;

/** What the service keeps of an asset. */
export type Asset = PresignedAsset | RawAsset | ClosedAsset;
