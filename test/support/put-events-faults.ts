import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { PutEventsEntry } from '../../local/eventbridge/put-events.ts';
import type { EventBridge } from '../../local/eventbridge/service.ts';
import { AwsError } from '../../local/http/aws-error.ts';

/** How a call of PutEvents fails. */
export type PutEventsFault =
  /** Answered with 500; `taken`: the entries are on the bus all the same. */
  | { readonly kind: 'fail'; readonly taken?: boolean }
  | { readonly kind: 'throttle' }
  /** Why entries are not taken while the others are, by their place in the call, from 0. */
  | { readonly kind: 'partial'; readonly codes: Readonly<Record<number, string>> }
  /** Only then are the entries taken and the answer sent, whether or not somebody still waits for it. */
  | { readonly kind: 'slow'; readonly ms: number };

/**
 * Lets calls of PutEvents fail: `choose` is asked once a call, and may let it pass. Undone by restoring the mocks.
 *
 * @returns resolves once no call is under way, nor one that nobody waits for any more
 */
export function injectFaults(
  { operations: { PutEvents } }: EventBridge,
  choose: (entries: readonly PutEventsEntry[]) => PutEventsFault | undefined,
): () => Promise<unknown> {
  const handle = PutEvents.handle.bind(PutEvents);
  const calls: Promise<unknown>[] = [];
  const answer = async (...[input, caller]: Parameters<typeof handle>) => {
    const { Entries } = input as { Entries: readonly PutEventsEntry[] };
    const fault = choose(Entries);
    switch (fault?.kind) {
      case 'fail':
        if (fault.taken) await handle(input, caller);
        throw new AwsError(500, 'InternalException', 'An injected fault.');
      case 'throttle':
        throw new AwsError(400, 'ThrottlingException', 'Rate exceeded.');
      case 'partial':
        return putPartly(Entries, fault.codes, async (rest) => handle({ Entries: rest }, caller));
      case 'slow':
        await sleep(fault.ms, undefined, { ref: false });
    }
    return handle(input, caller);
  };
  vi.spyOn(PutEvents, 'handle').mockImplementation((...request) => {
    const call = answer(...request);
    calls.push(call);
    return call;
  });
  return () => Promise.allSettled(calls);
}

async function putPartly(
  entries: readonly PutEventsEntry[],
  codes: Readonly<Record<number, string>>,
  put: (entries: readonly PutEventsEntry[]) => Promise<unknown>,
) {
  const rest = entries.filter((_, index) => !(index in codes));
  const taken = rest.length === 0 ? [] : ((await put(rest)) as { Entries: object[] }).Entries;
  const results = taken.values();
  const Entries = entries.map((_, index) =>
    index in codes ? { ErrorCode: codes[index], ErrorMessage: 'An injected fault.' } : results.next().value,
  );
  return { FailedEntryCount: entries.length - taken.length, Entries };
}
