import * as v from 'valibot';
import { Filename } from '#contract/filename';
import { isJsonObject, jsonDepth } from '#contract/json';
import { Environment, TenantId } from '#contract/tenant';

const MAX_METADATA_BYTES = 16 * 1024;
const MAX_METADATA_DEPTH = 8;

/** A UUID of any version, taken in any case and kept in lower case. */
export const AssetId = v.pipe(v.string(), v.toLowerCase(), v.uuid('is not a UUID'));

/** 64 hex digits, kept in lower case. */
export const Sha256 = v.pipe(v.string(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits'));

/** A whole number of bytes. */
export const SizeBytes = v.pipe(
  v.number(),
  v.safeInteger('is not a whole number'),
  v.minValue(0, 'is negative'),
);

/**
 * A media type with optional parameters (RFC 9110, section 8.3.1). Quoted parameter values are left out: they could
 * carry `${`, which S3 expands in the fields of a form.
 */
export const ContentType = v.pipe(
  v.string(),
  v.maxLength(255, 'is over 255 characters'),
  v.regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; ?[\w!#$&^.+-]+=[\w!#$&^.+:/-]+)*$/, 'is not a media type'),
);

/** The client's own JSON object: at most 16 KiB as UTF-8 JSON, at most 8 levels deep. */
export const Metadata = v.pipe(
  v.custom<Record<string, unknown>>(isJsonObject, 'is not a JSON object'),
  v.check((value) => jsonDepth(value) <= MAX_METADATA_DEPTH, `is over ${MAX_METADATA_DEPTH} levels deep`),
  v.check(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_METADATA_BYTES,
    `is over ${MAX_METADATA_BYTES} bytes of JSON`,
  ),
);

/** RFC 3339, UTC, with milliseconds. */
export const Timestamp = v.pipe(v.string(), v.isoTimestamp());

export const AssetUri = v.pipe(v.string(), v.startsWith('s3://'));

const identity = {
  asset_id: AssetId,
  tenant_id: TenantId,
  env: Environment,
  uri: AssetUri,
  filename: Filename,
  content_type: ContentType,
};

/** What is known of an asset that has a form but no verified bytes yet. */
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
