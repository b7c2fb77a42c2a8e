import * as v from 'valibot';
import { AssetId, AssetUri, RegisterMode, Sha256, SizeBytes, Timestamp } from '#contract/asset';
import { ContentType } from '#contract/content-type';
import { DeclaredContentType } from '#contract/declared-content-type';
import { Filename } from '#contract/filename';
import { numberText } from '#contract/json';
import { Metadata } from '#contract/metadata';

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
  register: v.optional(RegisterMode),
  metadata: v.optional(Metadata),
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

/** The answer to a presign request: `{url, fields}` is posted as multipart/form-data, the file last. */
export const PresignResponse = v.object({
  asset_id: AssetId,
  method: v.literal('POST'),
  url: v.pipe(v.string(), v.url()),
  fields: v.record(v.string(), v.string()),
  filename: Filename,
  content_type: ContentType,
  uri: AssetUri,
  /** When the form stops working. */
  expires_at: Timestamp,
  /** Seconds until then. */
  expires: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** The most bytes that the form accepts. */
  max_size_bytes: SizeBytes,
});
export type PresignResponse = v.InferOutput<typeof PresignResponse>;
