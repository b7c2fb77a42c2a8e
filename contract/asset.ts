import * as v from 'valibot';
import { ContentType } from '#contract/content-type';
import { DeclaredContentType } from '#contract/declared-content-type';
import { Filename } from '#contract/filename';
import { numberText } from '#contract/json';
import { Metadata } from '#contract/metadata';
import { Environment, TenantId } from '#contract/tenant';

/** What one POST to S3 can carry: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
export const MAX_POST_BYTES = 5 * 1024 ** 3;

/** A UUID of any version, taken in any case and kept in lower case. */
export const AssetId = v.pipe(v.string(), v.toLowerCase(), v.uuid('is not a UUID'));

/** 64 hex digits, kept in lower case. */
export const Sha256 = v.pipe(v.string(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits'));

const SizeBytes = v.pipe(
  v.number(),
  v.safeInteger('is not a whole number below 2^53'),
  v.minValue(0, 'is negative'),
);

/** A size as a client writes it: `12.0` is 12. */
const DeclaredSize = v.pipe(
  v.unknown(),
  v.transform((value) => {
    const text = numberText(value);
    return text === undefined ? value : Number(text);
  }),
  SizeBytes,
);

export const PresignRequest = v.strictObject({
  filename: Filename,
  content_type: v.optional(DeclaredContentType),
  size_bytes: v.optional(DeclaredSize),
  sha256: v.optional(Sha256),
  asset_id: v.optional(AssetId),
});
export type PresignRequest = v.InferOutput<typeof PresignRequest>;

export const RegisterRequest = v.strictObject({
  asset_id: AssetId,
  filename: v.optional(Filename),
  content_type: v.optional(DeclaredContentType),
  size_bytes: v.optional(DeclaredSize),
  sha256: v.optional(Sha256),
  metadata: v.optional(Metadata),
});
export type RegisterRequest = v.InferOutput<typeof RegisterRequest>;

/** RFC 3339, UTC, with milliseconds. */
const Timestamp = v.pipe(v.string(), v.isoTimestamp());

const identity = {
  asset_id: AssetId,
  tenant_id: TenantId,
  env: Environment,
  uri: v.pipe(v.string(), v.startsWith('s3://')),
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

/** The answer to a presign request: `{url, fields}` is posted as multipart/form-data, the file last. */
export interface PresignResponse {
  readonly asset_id: string;
  readonly method: 'POST';
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly filename: string;
  readonly content_type: string;
  readonly uri: string;
  /** RFC 3339, UTC. */
  readonly expires_at: string;
  /** Seconds. */
  readonly expires: number;
  /** The most bytes that the form accepts. */
  readonly max_size_bytes: number;
}
