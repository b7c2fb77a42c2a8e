import * as v from 'valibot';
import type { Problem } from '#contract/errors';

/** The most items of one call. */
const MAX_ITEMS = 100;

/** The most bytes of one call's body: 10 KiB an item where there are 100, and metadata of 16 KiB in some. */
export const MAX_BATCH_BYTES = 1024 * 1024;

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
