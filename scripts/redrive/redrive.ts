import { callsFor, type EventSender, type Failure } from '#core/events/event-sender';
import { concurrently } from '../operator/concurrently.ts';
import type { Backlog, UnsentChange } from './backlog.ts';
import type { DeadLetter } from './dead-letter.ts';

export interface RedriveOptions {
  readonly backlog: Backlog;
  readonly sender: EventSender;
  /** Once it aborts, the call that is running is the last. */
  readonly signal: AbortSignal;
  /** Called with the number of events sent so far. */
  readonly onProgress: (sent: number) => void;
}

export interface Report {
  /** How many events are on the bus now. */
  readonly sent: number;
  /** The names of the objects and messages that are kept, by the reason. */
  readonly stays: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The most time that a call may take with all its attempts, in milliseconds. */
const CALL_TIMEOUT_MS = 60_000;

/**
 * Puts the backlog's events on the bus, each asset's in their order: where one fails, the later ones of its asset are held
 * back. Deletes each object and message once all its events are there.
 */
export async function redrive({ backlog, sender, signal, onProgress }: RedriveOptions): Promise<Report> {
  const stays = new Map<string, Set<string>>();
  const stay = (reason: string, letters: Iterable<DeadLetter>) => {
    const names = stays.get(reason) ?? new Set();
    stays.set(reason, names);
    for (const { name } of letters) names.add(name);
  };
  const remove = (letters: Iterable<DeadLetter>) =>
    concurrently(letters, async (letter) => {
      await backlog.delete(letter).catch((error: Error) => {
        stay(`sent, but not deleted: ${error.name}: ${error.message}`, [letter]);
      });
    });

  for (const [letter, reason] of backlog.unreadable()) stay(`not to be read: ${reason}`, [letter]);
  await remove(backlog.done());
  const heldBack = new Set<string>();
  let sent = 0;
  for (const call of callsFor(backlog.changes()) as UnsentChange[][]) {
    if (signal.aborted) {
      for (const { deadLetters } of call) stay('interrupted', deadLetters);
      continue;
    }
    const isHeldBack = ({ asset }: UnsentChange) => heldBack.has(asset);
    for (const { deadLetters } of call.filter(isHeldBack)) stay('held back by an earlier event', deadLetters);
    const free = call.filter((change) => !isHeldBack(change));
    const failures = await sender.send(free, AbortSignal.timeout(CALL_TIMEOUT_MS));
    const done: DeadLetter[] = [];
    for (const change of free) {
      const failure = failures.get(change);
      if (failure === undefined) {
        sent += 1;
        done.push(...backlog.publish(change));
      } else {
        heldBack.add(change.asset);
        stay(describe(failure), change.deadLetters);
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
