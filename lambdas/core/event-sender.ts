import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { toDatasetEvent } from '#core/asset-record';
import { EVENT_SOURCE } from '#core/events';
import { describeError } from '#core/log';

/** The most that PutEvents takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;

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

/** Cuts changes into calls, in order: one call's entries may be taken in any order, so none holds an asset twice. */
export function callsFor(changes: readonly Change[]): Change[][] {
  const calls: Change[][] = [];
  let call: Change[] = [];
  for (const change of changes) {
    if (call.length === MAX_ENTRIES || call.some(({ asset }) => asset === change.asset)) call = [];
    if (call.length === 0) calls.push(call);
    call.push(change);
  }
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

  /** Sends the changes of one call. @returns why some are not on the bus; never rejects */
  async send(changes: readonly Change[]): Promise<ReadonlyMap<Change, Failure>> {
    const failures = new Map<Change, Failure>();
    const entries = new Map<Change, PutEventsRequestEntry>();
    for (const change of changes) {
      try {
        entries.set(change, this.#entry(change));
      } catch (error) {
        failures.set(change, { reason: describeError(error), hopeless: true });
      }
    }
    const outcomes = await this.#put([...entries.values()]);
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
  async #put(entries: readonly PutEventsRequestEntry[]): Promise<(Failure | undefined)[]> {
    if (entries.length === 0) return [];
    try {
      const { Entries = [] } = await this.#bus.send(new PutEventsCommand({ Entries: [...entries] }));
      return entries.map((entry, index) => failureOf(entry, Entries[index]));
    } catch (error) {
      const hopeless = error instanceof Error && HOPELESS.has(error.name);
      // One entry spoils a call that is refused whole; alone, each gets its own answer.
      if (hopeless && entries.length > 1) {
        const outcomes = [];
        for (const entry of entries) outcomes.push(...(await this.#put([entry])));
        return outcomes;
      }
      const reason = describeError(error);
      return entries.map((entry) => ({ reason, hopeless, entry }));
    }
  }
}

function failureOf(
  entry: PutEventsRequestEntry,
  result: PutEventsResultEntry | undefined,
): Failure | undefined {
  if (result?.EventId !== undefined) return undefined;
  const { ErrorCode: error = 'InternalFailure', ErrorMessage: detail } = result ?? {};
  return { reason: { error, ...(detail !== undefined && { detail }) }, hopeless: HOPELESS.has(error), entry };
}
