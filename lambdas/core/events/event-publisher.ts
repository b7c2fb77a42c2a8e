import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBRecord } from 'aws-lambda';
import { timeOf } from '#core/events/change-event';
import { type Change, callsFor, EventSender, type Failure, toChanges } from '#core/events/event-sender';
import { describeError, log } from '#core/log';
import { METRIC, putMetric } from '#core/metrics';

/** Publishes the events of the table's changes: the outbox's only reader. */
export class EventPublisher {
  readonly #sender: EventSender;
  readonly #queue: SQSClient;
  readonly #poisonQueueUrl: string;

  constructor(bus: EventBridgeClient, busName: string, queue: SQSClient, poisonQueueUrl: string) {
    this.#sender = new EventSender(bus, busName);
    this.#queue = queue;
    this.#poisonQueueUrl = poisonQueueUrl;
  }

  /**
   * Publishes the changes of a batch, those of one asset in their order. A change that can never be published goes to the
   * poison queue and holds nothing back.
   *
   * @param signal once it aborts, nothing more is sent, and the rest counts as not published
   * @returns the sequence numbers of the records to deliver again
   */
  async publish(records: readonly DynamoDBRecord[], signal: AbortSignal): Promise<string[]> {
    const unpublished = new Set<Change>();
    const heldBack = new Set<string>();
    const ages: number[] = [];
    let refused = 0;
    for (const call of callsFor(toChanges(records))) {
      for (const change of call) if (heldBack.has(change.asset)) unpublished.add(change);
      const changes = call.filter((change) => !heldBack.has(change.asset));
      const failures = await this.#sender.send(changes, signal);
      const temporary = await this.#deadLetter(failures, signal);
      for (const change of temporary) {
        unpublished.add(change);
        heldBack.add(change.asset);
      }
      refused += temporary.length;
      ages.push(...changes.filter((change) => !failures.has(change)).map(ageOf));
    }
    putMetric(METRIC.eventAge, 'Milliseconds', ages);
    if (refused > 0) putMetric(METRIC.failedEntries, 'Count', [refused]);
    return [...unpublished].map((change) => change.sequenceNumber);
  }

  /** Sends the permanent failures to the poison queue. @returns the changes to try again */
  async #deadLetter(failures: ReadonlyMap<Change, Failure>, signal: AbortSignal): Promise<Change[]> {
    const temporary: [Change, Failure][] = [];
    for (const [change, failure] of failures) {
      if (!failure.isPermanent || !(await this.#sendToPoisonQueue(change, failure, signal)))
        temporary.push([change, failure]);
    }
    // The changes of a call that failed as a whole share one line of the log.
    for (const [reason, { length }] of Map.groupBy(temporary, ([, failure]) => failure.reason))
      log('error', 'events not published', { entries: length, ...reason });
    return temporary.map(([change]) => change);
  }

  async #sendToPoisonQueue(
    { record, asset }: Change,
    { reason, entry }: Failure,
    abortSignal: AbortSignal,
  ): Promise<boolean> {
    log('error', 'event can never be published', { asset, ...reason });
    try {
      const MessageBody = escapeNoncharacters(JSON.stringify({ reason, record, entry }));
      const command = new SendMessageCommand({ QueueUrl: this.#poisonQueueUrl, MessageBody });
      await this.#queue.send(command, { abortSignal });
      return true;
    } catch (error) {
      log('error', 'poison queue not reached', { asset, ...describeError(error) });
      return false;
    }
  }
}

/**
 * Escapes the only characters of JSON text that SQS refuses. A client's metadata may hold them.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function escapeNoncharacters(json: string): string {
  return json.replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
}

/** The age of a change in milliseconds, once its event is on the bus. */
function ageOf({ record }: Change): number {
  return Date.now() - timeOf(record);
}
