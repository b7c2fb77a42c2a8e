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

interface Entry<TRequest, TAhead> {
  readonly index: number;
  readonly request: TRequest;
  readonly begun?: Promise<TAhead> | undefined;
}

export interface BatchContext<TRequest, TAhead> {
  readonly caller: Caller;
  /** Epoch milliseconds by which the answer must be there: an item that is not done by then is answered 503. */
  readonly deadline: number;
  /** Is told the assets of the items that succeeded; later, one by one, those that did after they had been answered 503. */
  readonly onDone: (asset_ids: readonly string[]) => void;
  /** Begins what can be done for all the requests together, before any of them is worked off: for the first one of each asset. */
  readonly ahead?: (request: TRequest) => Promise<TAhead>;
}

/**
 * Does a route's work for each of several requests, as if each had been a call: one that is refused stops no other, and those of
 * one asset are worked off in their order.
 *
 * @param schema of the single route's body
 * @param operation of the single route, with what `ahead` has begun for the request
 * @returns the outcomes in the order of the items
 */
export async function batch<
  TSchema extends v.GenericSchema<unknown, Request>,
  TBody extends { readonly asset_id: string },
  TAhead = never,
>(
  items: readonly unknown[],
  schema: TSchema,
  { caller, deadline, onDone, ahead }: BatchContext<v.InferOutput<TSchema>, TAhead>,
  operation: (request: v.InferOutput<TSchema>, begun?: Promise<TAhead>) => Promise<TBody>,
): Promise<{ readonly items: Outcome<TBody>[] }> {
  const outcomes: Outcome<TBody>[] = [];
  const refuse = (index: number, error: unknown) => {
    const body = toProblem(error, caller.request_id, caller.tenant_id);
    outcomes[index] = { status: body.status, body };
  };

  const begin = (request: v.InferOutput<TSchema>) => {
    const begun = ahead?.(request);
    // Whoever awaits it, when the request's turn comes, learns of a failure.
    begun?.catch(() => {});
    return begun;
  };

  /** The requests that are well-formed: those of one asset together. */
  const lanes = new Map<string, Entry<v.InferOutput<TSchema>, TAhead>[]>();
  for (const [index, item] of items.entries()) {
    try {
      const request = parseObject(schema, item);
      const name = request.asset_id ?? `item ${index}`;
      const lane = lanes.get(name);
      if (lane === undefined) lanes.set(name, [{ index, request, begun: begin(request) }]);
      else lane.push({ index, request });
    } catch (error) {
      refuse(index, error);
    }
  }

  const late = new AbortController();
  const waiting = lanes.values();
  const work = async () => {
    for (const lane of waiting) {
      for (const { index, request, begun } of lane) {
        if (late.signal.aborted) return;
        try {
          const body = await operation(request, begun);
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
