import { setTimeout as sleep } from 'node:timers/promises';
import type * as v from 'valibot';
import type { Outcome } from '#contract/batch';
import { RawStorageError } from '#core/errors';
import { toProblem } from '#core/http/problem';
import { parseObject } from '#core/http/route-input';
import type { Caller } from '#core/identity/caller';

/** How many items are worked on side by side: each is a write to the table, some a read of the object too. */
const CONCURRENCY = 10;

/** Long enough to write the answer to all the items, in milliseconds. */
const RESERVE_MS = 1000;

/** Names an asset; a request may leave that to the service. */
interface Request {
  readonly asset_id?: string | undefined;
}

export interface BatchContext {
  readonly caller: Caller;
  /** Epoch milliseconds by which the answer must be there: an item that is not done by then is answered 503. */
  readonly deadline: number;
  /** Is told the assets of the items that succeeded; later, one by one, those that did after they had been answered 503. */
  readonly onDone: (asset_ids: readonly string[]) => void;
}

/**
 * Does a route's work for each of several requests, as if each had been a call: one that is refused stops no other, and those of
 * one asset are worked off in their order.
 *
 * @param schema of the single route's body
 * @param operation of the single route
 * @returns the outcomes in the order of the items
 */
export async function batch<
  TSchema extends v.GenericSchema<unknown, Request>,
  TBody extends { readonly asset_id: string },
>(
  items: readonly unknown[],
  schema: TSchema,
  { caller, deadline, onDone }: BatchContext,
  operation: (request: v.InferOutput<TSchema>) => Promise<TBody>,
): Promise<{ readonly items: Outcome<TBody>[] }> {
  const outcomes: Outcome<TBody>[] = [];
  const refuse = (index: number, error: unknown) => {
    const body = toProblem(error, caller.request_id, caller.tenant_id);
    outcomes[index] = { status: body.status, body };
  };

  /** The requests that are well-formed: those of one asset together. */
  const lanes = new Map<string, { readonly index: number; readonly request: v.InferOutput<TSchema> }[]>();
  for (const [index, item] of items.entries()) {
    try {
      const request = parseObject(schema, item);
      const lane = request.asset_id ?? `item ${index}`;
      lanes.set(lane, [...(lanes.get(lane) ?? []), { index, request }]);
    } catch (error) {
      refuse(index, error);
    }
  }

  const late = new AbortController();
  const waiting = lanes.values();
  const work = async () => {
    for (const lane of waiting) {
      for (const { index, request } of lane) {
        if (late.signal.aborted) return;
        try {
          const body = await operation(request);
          if (late.signal.aborted) onDone([body.asset_id]);
          else outcomes[index] = { status: 200, body };
        } catch (error) {
          if (!late.signal.aborted) refuse(index, error);
        }
      }
    }
  };
  const timer = new AbortController();
  const timeUp = sleep(Math.max(0, deadline - RESERVE_MS - Date.now()), undefined, { signal: timer.signal });
  await Promise.race([Promise.all(Array.from({ length: CONCURRENCY }, work)), timeUp.catch(() => {})]);
  timer.abort();
  late.abort();
  for (const index of items.keys())
    if (outcomes[index] === undefined)
      refuse(index, new RawStorageError('unavailable', 'The item could not be served in time'));

  onDone(outcomes.flatMap(({ status, body }) => (status === 200 ? (body as TBody).asset_id : [])));
  return { items: outcomes };
}
