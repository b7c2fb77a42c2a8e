import * as v from 'valibot';
import type { RegisteredAsset } from '#contract/asset';
import type { Problem } from '#contract/errors';
import type { PresignRequest, PresignResponse, RegisterRequest } from '#contract/uploads';

/** The most items of one call. */
export const MAX_ITEMS = 100;

/**
 * The most bytes of one call's body: 100 of the largest requests fit, as `JSON.stringify` writes them, with 16 KiB of metadata
 * and the longest name and type in each. Lambda hands over the body as text in JSON, in at most 6 MB, and a body of
 * this length stays under that with every character escaped. To parse it takes some 700 ms of CPU at the worst.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** 1 to 100 requests of the single route; each is checked by itself. */
export const BatchRequest = v.strictObject({
  items: v.pipe(
    v.array(v.unknown()),
    v.minLength(1, 'holds no item'),
    v.maxLength(MAX_ITEMS, `holds over ${MAX_ITEMS} items`),
  ),
});

/** What the single route would have answered to each item, in their order. */
export const BatchResponse = v.object({
  items: v.array(v.object({ status: v.pipe(v.number(), v.integer()), body: v.unknown() })),
});

/** The outcome of one item. */
export interface Outcome<TBody> {
  /** The HTTP status of the single route's answer. */
  readonly status: number;
  readonly body: TBody | Problem;
}

interface Batch<TItem> {
  readonly items: readonly TItem[];
}

export type BatchPresignRequest = Batch<v.InferInput<typeof PresignRequest>>;
export type BatchPresignResponse = Batch<Outcome<PresignResponse>>;
export type BatchRegisterRequest = Batch<v.InferInput<typeof RegisterRequest>>;
export type BatchRegisterResponse = Batch<Outcome<RegisteredAsset>>;
