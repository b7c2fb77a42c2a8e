import { callsFor, type EventSender, type Failure } from '#core/events/event-sender';
import type { Backlog, HeldChange } from './backlog.ts';
import { concurrently } from './concurrently.ts';
import type { Holding } from './holding.ts';

export interface RedriveOptions {
  readonly backlog: Backlog;
  readonly sender: EventSender;
  /** Once it aborts, the call under way is the last. */
  readonly signal: AbortSignal;
  /** Takes how many events are on the bus. */
  readonly onProgress: (sent: number) => void;
}

export interface Report {
  /** Events. */
  readonly sent: number;
  /** By reason, the names of what holds something that stays. */
  readonly stays: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How long a call may take with all its attempts, in milliseconds. */
const CALL_TIMEOUT_MS = 60_000;

/**
 * Puts the backlog's events on the bus, each asset's in their order: where one fails, the later ones of its asset are held
 * back. Deletes each object and message once all its events are there.
 */
export async function redrive({ backlog, sender, signal, onProgress }: RedriveOptions): Promise<Report> {
  const stays = new Map<string, Set<string>>();
  const stay = (reason: string, holdings: Iterable<Holding>) => {
    const names = stays.get(reason) ?? new Set();
    stays.set(reason, names);
    for (const { name } of holdings) names.add(name);
  };
  const remove = (holdings: Iterable<Holding>) =>
    concurrently(holdings, async (holding) => {
      await backlog.delete(holding).catch((error: Error) => {
        stay(`sent, but not deleted: ${error.name}: ${error.message}`, [holding]);
      });
    });

  for (const [holding, reason] of backlog.unreadable()) stay(`not to be read: ${reason}`, [holding]);
  await remove(backlog.done());
  const heldBack = new Set<string>();
  let sent = 0;
  for (const call of callsFor(backlog.changes()) as HeldChange[][]) {
    if (signal.aborted) {
      for (const { holdings } of call) stay('interrupted', holdings);
      continue;
    }
    const isHeldBack = ({ asset }: HeldChange) => heldBack.has(asset);
    for (const { holdings } of call.filter(isHeldBack)) stay('held back by an earlier event', holdings);
    const free = call.filter((change) => !isHeldBack(change));
    const failures = await sender.send(free, AbortSignal.timeout(CALL_TIMEOUT_MS));
    const done: Holding[] = [];
    for (const change of free) {
      const failure = failures.get(change);
      if (failure === undefined) {
        sent += 1;
        done.push(...backlog.publish(change));
      } else {
        heldBack.add(change.asset);
        stay(describe(failure), change.holdings);
      }
    }
    await remove(done);
    onProgress(sent);
  }
  return { sent, stays };
}

function describe({ reason: { error, detail } }: Failure): string {
  return (detail === undefined ? String(error) : `${error}: ${detail}`).replaceAll(/\s+/g, ' ');
}
