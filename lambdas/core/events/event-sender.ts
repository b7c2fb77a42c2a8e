import { setTimeout as sleep } from 'node:timers/promises';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { EVENT_SOURCE } from '#contract/events';
import { toDatasetEvent } from '#core/assets/asset-record';
import { describeError } from '#core/log';

/** The most that PutEvents takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;

/**
 * How often an entry is sent, if the bus takes the call but not the entry: the SDK tries only whole calls again. Left to
 * the stream, each would bring all the records after it along once more, published or not.
 */
const MAX_ATTEMPTS = 3;
/** The longest wait after a first attempt; twice as long after the next. */
const BACKOFF_MS = 100;

/** Faults of the entry itself, which no retry mends. */
const HOPELESS = new Set(['MalformedDetail', 'InvalidArgument', 'ValidationException']);

/** A change of an asset that makes an event, as the table's stream tells of it. */
export interface Change {
  readonly record: DynamoDBRecord;
  /** Its partition key. */
  readonly asset: string;
  /** The record's in the stream, where an asset's go up. */
  readonly sequenceNumber: string;
}

/** Why a change's event is not on the bus. */
export interface Failure {
  /** May be logged; the failures of one call have one reason, if it failed whole. */
  readonly reason: Readonly<Record<string, unknown>>;
  /** Whether the change itself is at fault, so that no retry mends it. */
  readonly hopeless: boolean;
  /** What the bus refused; none where the change tells of no event. */
  readonly entry?: PutEventsRequestEntry;
}

/** A record tells of a change where its item's event is a new one: not by a renewed window, nor by a removal. */
export function toChanges(records: readonly DynamoDBRecord[]): Change[] {
  return records.flatMap((record) => {
    const { NewImage, OldImage, Keys, SequenceNumber } = record.dynamodb ?? {};
    if (NewImage === undefined || NewImage['event_id']?.S === OldImage?.['event_id']?.S) return [];
    return [{ record, asset: String(Keys?.['pk']?.S), sequenceNumber: String(SequenceNumber) }];
  });
}

/**
 * Cuts changes into as few calls as keep an asset's changes in their order: one call's entries may be taken in any order,
 * so an asset's second change is in a later call than its first.
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

/** Puts the events that changes tell of on the bus. */
export class EventSender {
  readonly #bus: EventBridgeClient;
  readonly #busName: string;

  constructor(bus: EventBridgeClient, busName: string) {
    this.#bus = bus;
    this.#busName = busName;
  }

  /**
   * Sends the changes of one call.
   *
   * @param signal once it aborts, nothing is sent any more
   * @returns why some are not on the bus; never rejects
   */
  async send(changes: readonly Change[], signal: AbortSignal): Promise<ReadonlyMap<Change, Failure>> {
    const failures = new Map<Change, Failure>();
    const entries = new Map<Change, PutEventsRequestEntry>();
    for (const change of changes) {
      try {
        entries.set(change, this.#entry(change));
      } catch (error) {
        failures.set(change, { reason: describeError(error), hopeless: true });
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
    const event = toDatasetEvent(unmarshall(record.dynamodb?.NewImage as Record<string, AttributeValue>));
    return {
      EventBusName: this.#busName,
      Source: EVENT_SOURCE,
      DetailType: event.event_type,
      Detail: JSON.stringify(event),
      Time: new Date(event.occurred_at),
    };
  }

  /** Resolves to what each entry failed of: nothing where it is on the bus. */
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
      const again = entries.filter((_, index) => failures[index]?.hopeless === false);
      if (again.length === 0 || attempt === MAX_ATTEMPTS) return failures;
      await backOff(attempt, abortSignal);
      const outcomes = (await this.#put(again, abortSignal, attempt + 1)).values();
      return failures.map((failure) => (failure?.hopeless === false ? outcomes.next().value : failure));
    } catch (error) {
      const hopeless = error instanceof Error && HOPELESS.has(error.name);
      // One entry spoils a call that is refused whole; alone, each gets its own answer.
      if (hopeless && entries.length > 1) {
        const outcomes = [];
        for (const entry of entries) outcomes.push(...(await this.#put([entry], abortSignal)));
        return outcomes;
      }
      const reason = describeError(error);
      return entries.map((entry) => ({ reason, hopeless, entry }));
    }
  }
}

/** Random, so that those who failed together do not come again together. */
async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = BACKOFF_MS * 2 ** (attempt - 1);
  // The call that follows finds out that the signal aborts.
  await sleep(Math.random() * longest, undefined, { signal }).catch(() => {});
}

function failureOf(
  entry: PutEventsRequestEntry,
  result: PutEventsResultEntry | undefined,
): Failure | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode: error = 'InternalFailure', ErrorMessage: detail } = result ?? {};
  return { reason: { error, ...(detail !== undefined && { detail }) }, hopeless: HOPELESS.has(error), entry };
}
