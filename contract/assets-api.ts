import * as v from 'valibot';
import { AssetId, RawAsset, Timestamp } from '#contract/asset';
import { Environment, TenantId } from '#contract/tenant';

/** A whole number in a query, within bounds. */
function wholeNumber(minimum: number, maximum: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,4}$/, `is not a whole number from ${minimum} to ${maximum}`),
    v.transform(Number),
    v.minValue(minimum, `is below ${minimum}`),
    v.maxValue(maximum, `is over ${maximum}`),
  );
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339 with any offset, read as UTC with milliseconds. */
const Instant = v.pipe(
  v.string(),
  v.check(isInstant, 'is no time of RFC 3339, such as 2026-01-31T12:00:00Z'),
  v.transform((text) => new Date(text).toISOString()),
);

/** JavaScript takes the 30th of February for the 2nd of March. */
function isInstant(text: string): boolean {
  const [, day] = RFC3339.exec(text) ?? [];
  return (
    day !== undefined &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(`${day}T00:00:00Z`).toJSON().startsWith(day)
  );
}

/** The assets to list: `created_from` inclusive, `created_to` exclusive. */
export const ListQuery = v.strictObject({
  limit: v.optional(wholeNumber(1, 100), '50'),
  /** Opaque: the `next_cursor` of the page before. */
  cursor: v.optional(
    v.pipe(v.string(), v.maxLength(200), v.regex(/^[\w-]+$/, 'is no cursor of this service')),
  ),
  created_from: v.optional(Instant),
  created_to: v.optional(Instant),
  /** Exact, as it is recorded, or `type/*`. */
  content_type: v.optional(
    v.pipe(v.string(), v.minLength(3), v.maxLength(255), v.regex(/^[^/]+\/.+$/, 'is no type')),
  ),
  status: v.optional(v.picklist(['registered', 'deleted']), 'registered'),
});
export type ListQuery = v.InferOutput<typeof ListQuery>;

/** A page, newest first. It may be short or empty: only a missing `next_cursor` is the end. */
export const ListResponse = v.object({ items: v.array(RawAsset), next_cursor: v.optional(v.string()) });
export type ListResponse = v.InferOutput<typeof ListResponse>;

/** The longest life of a download's URL. */
export const MAX_DOWNLOAD_SECONDS = 900;

export const DownloadQuery = v.strictObject({
  disposition: v.optional(v.picklist(['attachment', 'inline']), 'attachment'),
  /** Seconds for which the URL is good. */
  expires: v.optional(wholeNumber(1, MAX_DOWNLOAD_SECONDS), '300'),
});
export type DownloadQuery = v.InferOutput<typeof DownloadQuery>;

/** A URL that anybody may GET until it expires. */
export const DownloadResponse = v.object({ url: v.pipe(v.string(), v.url()), expires_at: Timestamp });
export type DownloadResponse = v.InferOutput<typeof DownloadResponse>;

export const CancelResponse = v.object({ asset_id: AssetId, status: v.literal('expired') });
export const EraseResponse = v.object({ asset_id: AssetId, status: v.literal('purged') });

/** Who the token stands for, and what the deployment allows. */
export const WhoamiResponse = v.object({
  tenant_id: TenantId,
  env: Environment,
  user_id: v.string(),
  scopes: v.array(v.string()),
  limits: v.object({
    max_upload_bytes: v.number(),
    /** The most that is hashed by the service: bounds an upload whose `sha256` is not declared. */
    max_hash_bytes: v.number(),
    upload_expiry_seconds: v.number(),
    delete_retention_days: v.number(),
  }),
});
export type WhoamiResponse = v.InferOutput<typeof WhoamiResponse>;
