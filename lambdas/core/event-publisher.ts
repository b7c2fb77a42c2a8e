import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { toDatasetEvent } from '#core/asset-record';
import { EVENT_SOURCE } from '#core/events';
import { describeError, log } from '#core/log';

/** The most that PutEvents takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;

/** Faults of the entry itself, which no retry mends; every other one is tried again until the record is too old. */
const HOPELESS = new Set(['MalformedDetail', 'InvalidArgument', 'ValidationException']);

interface Change {
  readonly record: DynamoDBRecord;
  readonly asset: string;
  readonly sequenceNumber: string;
}

/** What became of a change: undefined once it is on the bus, else the error code of why it is not. */
type Outcome = string | undefined;

/** Puts the events that the table's changes tell of on the bus: the outbox's only reader. */
export class EventPublisher {
  readonly #bus: EventBridgeClient;
  readonly #busName: string;
  readonly #queue: SQSClient;
  readonly #poisonQueueUrl: string;

  constructor(bus: EventBridgeClient, busName: string, queue: SQSClient, poisonQueueUrl: string) {
    this.#bus = bus;
    this.#busName = busName;
    this.#queue = queue;
    this.#poisonQueueUrl = poisonQueueUrl;
  }

  /**
   * Publishes each change of a batch, those of one asset in their order. What can never be published goes to the
   * poison queue; the rest goes on.
   *
   * @returns the sequence numbers of the records to deliver again, in the order of the batch
   */
  async publish(records: readonly DynamoDBRecord[]): Promise<string[]> {
    const unpublished = new Set<Change>();
    const heldBack = new Set<string>();
    for (const call of callsFor(records.flatMap(toChange))) {
      for (const change of call) if (heldBack.has(change.asset)) unpublished.add(change);
      for (const change of await this.#send(call.filter((change) => !heldBack.has(change.asset)))) {
        unpublished.add(change);
        heldBack.add(change.asset);
      }
    }
    return [...unpublished].map((change) => change.sequenceNumber);
  }

  /** Resolves to the changes that are neither on the bus nor in the poison queue. */
  async #send(changes: readonly Change[]): Promise<Change[]> {
    const failed: Change[] = [];
    const entries: PutEventsRequestEntry[] = [];
    const sent: Change[] = [];
    for (const change of changes) {
      try {
        entries.push(this.#entry(change));
        sent.push(change);
      } catch (error) {
        if (!(await this.#bury(change, describeError(error)))) failed.push(change);
      }
    }
    const outcomes = await this.#put(entries);
    for (const [index, change] of sent.entries()) {
      const code = outcomes[index];
      if (code === undefined) continue;
      const buried = HOPELESS.has(code) && (await this.#bury(change, { error: code }, entries[index]));
      if (!buried) failed.push(change);
    }
    return failed;
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

  async #put(entries: readonly PutEventsRequestEntry[]): Promise<Outcome[]> {
    if (entries.length === 0) return [];
    try {
      const { Entries = [] } = await this.#bus.send(new PutEventsCommand({ Entries: [...entries] }));
      return entries.map((_, index) => outcomeOf(Entries[index]));
    } catch (error) {
      log('error', 'events not published', { entries: entries.length, ...describeError(error) });
      const code = error instanceof Error ? error.name : 'Unknown';
      // One entry spoils a call that is refused whole; alone, each gets its own answer.
      if (!HOPELESS.has(code) || entries.length === 1) return entries.map(() => code);
      const outcomes = [];
      for (const entry of entries) outcomes.push(...(await this.#put([entry])));
      return outcomes;
    }
  }

  async #bury({ record, asset }: Change, reason: object, entry?: PutEventsRequestEntry): Promise<boolean> {
    log('error', 'event can never be published', { asset, ...reason });
    try {
      const MessageBody = JSON.stringify({ reason, record, entry });
      await this.#queue.send(new SendMessageCommand({ QueueUrl: this.#poisonQueueUrl, MessageBody }));
      return true;
    } catch (error) {
      log('error', 'poison queue not reached', { asset, ...describeError(error) });
      return false;
    }
  }
}

/** A record tells of a change where its item's event is a new one: not by a renewed window, nor by a removal. */
function toChange(record: DynamoDBRecord): Change[] {
  const { NewImage, OldImage, Keys, SequenceNumber } = record.dynamodb ?? {};
  if (NewImage === undefined || NewImage['event_id']?.S === OldImage?.['event_id']?.S) return [];
  return [{ record, asset: String(Keys?.['pk']?.S), sequenceNumber: String(SequenceNumber) }];
}

/** Cuts changes into calls, in order: one call's entries may be taken in any order, so none holds an asset twice. */
function callsFor(changes: readonly Change[]): Change[][] {
  const calls: Change[][] = [];
  let call: Change[] = [];
  for (const change of changes) {
    if (call.length === MAX_ENTRIES || call.some(({ asset }) => asset === change.asset)) call = [];
    if (call.length === 0) calls.push(call);
    call.push(change);
  }
  return calls;
}

function outcomeOf(result: PutEventsResultEntry | undefined): Outcome {
  if (result?.EventId !== undefined) return undefined;
  return result?.ErrorCode ?? 'InternalFailure';
}
