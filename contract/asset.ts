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

/** An asset that has a form, but no verified bytes yet. */
export const PresignedAsset = v.object({
  ...identity,
  status: v.literal('presigned'),
  size_bytes: v.optional(SizeBytes),
  sha256: v.optional(Sha256),
  /** When the form stops working. */
  upload_expires_at: Timestamp,
});
export type PresignedAsset = v.InferOutput<typeof PresignedAsset>;

/** A registered asset: one version of one object, proven to be what was declared. */
export const RawAsset = v.object({
  ...identity,
  status: v.literal('registered'),
  size_bytes: SizeBytes,
  sha256: Sha256,
  /** S3's id of the version that was verified; readers name it, since a later upload may be current. */
  version_id: v.string(),
  /** When it was registered. */
  created_at: Timestamp,
  /** The `sub` of the token that registered it. */
  created_by: v.string(),
  metadata: Metadata,
});
export type RawAsset = v.InferOutput<typeof RawAsset>;

export type Asset = PresignedAsset | RawAsset;
