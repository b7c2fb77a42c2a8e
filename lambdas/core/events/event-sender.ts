import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import type { DynamoDBRecord } from 'aws-lambda';
import { EVENT_SOURCE } from '#contract/events';
import { hasEvent, toDatasetEvent } from '#core/events/change-event';
import { describeError } from '#core/log';

/** The most that PutEvents takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;

/**
 * How often an entry is sent that the bus refuses while it takes the call: the SDK retries whole calls only. A retry by the
 * stream would deliver all later records of the batch again too, whether published or not.
 */
const MAX_ATTEMPTS = 3;
/** The longest wait after the first attempt, in milliseconds. It doubles with each attempt. */
const BACKOFF_MS = 100;

/** Error codes of PutEvents that are the entry's own fault, so that every retry fails in the same way. */
const PERMANENT_ERRORS = new Set(['MalformedDetail', 'InvalidArgument', 'ValidationException']);

/** A change of an asset that has an event, read from a record of the table's stream. */
export interface Change {
  readonly record: DynamoDBRecord;
  /** The partition key of the asset's item. */
  readonly asset: string;
  /** The record's sequence number in the stream; those of one asset only grow. */
  readonly sequenceNumber: string;
}

/** Why a change's event is not on the bus. */
export interface Failure {
  /** Safe to log. If a whole call failed, its changes share one reason. */
  readonly reason: Readonly<Record<string, unknown>>;
  /** Whether every retry would fail in the same way, because the change itself is at fault. */
  readonly isPermanent: boolean;
  /** The entry that the bus refused; undefined if none could be built from the change. */
  readonly entry?: PutEventsRequestEntry;
}

/** The changes that have an event, in their order. */
export function toChanges(records: readonly DynamoDBRecord[]): Change[] {
  return records.filter(hasEvent).map((record) => ({
    record,
    asset: String(record.dynamodb?.Keys?.['pk']?.S),
    sequenceNumber: String(record.dynamodb?.SequenceNumber),
  }));
}

/**
 * Splits changes into calls of PutEvents, as few as possible. EventBridge may take the entries of one call in any order, so
 * an asset's second change goes into a later call than its first.
 */
export function callsFor(changes: readonly Change[]): Change[][] {
  const turns: Change[][] = [];
  const turnOf = new Map<string, number>();
  for (const change of changes) {
    const turn = turnOf.get(change.asset) ?? 0;
    turnOf.set(change.asset, turn + 1);
    turns[turn] ??= [];
    turns[turn].push(change);
  }
  const calls: Change[][] = [];
  for (const turn of turns) while (turn.length > 0) calls.push(turn.splice(0, MAX_ENTRIES));
  return calls;
}

/** Builds the events of changes and puts them on the bus. */
export class EventSender {
  readonly #bus: EventBridgeClient;
  readonly #busName: string;

  constructor(bus: EventBridgeClient, busName: string) {
    this.#bus = bus;
    this.#busName = busName;
  }

  /**
   * Sends the changes of one call of PutEvents.
   *
   * @param signal once it aborts, nothing more is sent
   * @returns the failures, by change; never rejects
   */
  async send(changes: readonly Change[], signal: AbortSignal): Promise<ReadonlyMap<Change, Failure>> {
    const failures = new Map<Change, Failure>();
    const entries = new Map<Change, PutEventsRequestEntry>();
    for (const change of changes) {
      try {
        entries.set(change, this.#entry(change));
      } catch (error) {
        failures.set(change, { reason: describeError(error), isPermanent: true });
      }
    }
    const outcomes = await this.#put([...entries.values()], signal);
    for (const [index, change] of [...entries.keys()].entries()) {
      const failure = outcomes[index];
      if (failure !== undefined) failures.set(change, failure);
    }
    return failures;
  }

  #entry({ record }: Change): PutEventsRequestEntry {
    const event = toDatasetEvent(record);
    return {
      EventBusName: this.#busName,
      Source: EVENT_SOURCE,
      DetailType: event.event_type,
      Detail: JSON.stringify(event),
      Time: new Date(event.occurred_at),
    };
  }

  /** Resolves to each entry's failure, or undefined if the entry is on the bus. */
  async #put(
    entries: readonly PutEventsRequestEntry[],
    abortSignal: AbortSignal,
    attempt = 1,
  ): Promise<(Failure | undefined)[]> {
    if (entries.length === 0) return [];
    try {
      const command = new PutEventsCommand({ Entries: [...entries] });
      const { Entries = [] } = await this.#bus.send(command, { abortSignal });
      const failures = entries.map((entry, index) => failureOf(entry, Entries[index]));
      const again = entries.filter((_, index) => failures[index]?.isPermanent === false);
      if (again.length === 0 || attempt === MAX_ATTEMPTS) return failures;
      await backOff(attempt, abortSignal);
      const outcomes = (await this.#put(again, abortSignal, attempt + 1)).values();
      return failures.map((failure) => (failure?.isPermanent === false ? outcomes.next().value : failure));
    } catch (error) {
      const isPermanent = error instanceof Error && PERMANENT_ERRORS.has(error.name);
      // A single bad entry can have the whole call refused; sent one by one, each entry gets an answer of its own.
      if (isPermanent && entries.length > 1) {
        const outcomes = [];
        for (const entry of entries) outcomes.push(...(await this.#put([entry], abortSignal)));
        return outcomes;
      }
      const reason = describeError(error);
      return entries.map((entry) => ({ reason, isPermanent, entry }));
    }
  }
}

/** Waits for a random time (full jitter), so that callers that failed together do not retry together. */
async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = BACKOFF_MS * 2 ** (attempt - 1);
  // An aborted wait is no error here: the call that follows finds the signal aborted.
  await sleep(Math.random() * longest, undefined, { signal }).catch(() => {});
}

function failureOf(
  entry: PutEventsRequestEntry,
  result: PutEventsResultEntry | undefined,
): Failure | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode: error = 'InternalFailure', ErrorMessage: detail } = result ?? {};
  return {
    reason: { error, ...(detail !== undefined && { detail }) },
    isPermanent: PERMANENT_ERRORS.has(error),
    entry,
  };
}
