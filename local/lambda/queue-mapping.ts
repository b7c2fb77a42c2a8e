import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import type { Queue, ReceivedMessage } from '../sqs/queue.ts';
import { messageAttributes } from '../sqs/system-attributes.ts';
import { REGION } from '../template/account.ts';
import { failedMessages } from './queue-batch-response.ts';
import type { QueueMappingSettings } from './queue-mapping-template.ts';

export interface QueueMappingOptions {
  readonly queue: Queue;
  readonly queueArn: string;
  readonly settings: QueueMappingSettings;
  /** Runs the function; a rejection is its failure on the whole batch. */
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  /**
   * For how many milliseconds a message that failed once is hidden: AWS hides it for the queue's visibility timeout. Doubled
   * with each time that it was received, up to that timeout.
   *
   * @default 100
   */
  readonly firstBackoffMs?: number;
}

/** How long a request waits for messages, in seconds. */
const WAIT_SECONDS = 20;
/** For how many milliseconds `close` waits for batches that are under way. */
const GRACE_MS = 2_000;

/**
 * Works off a queue with a function as Lambda does: each message at least once, in no particular order. A message is deleted
 * once the function is done with it; one that failed is received again, until the queue's redrive policy moves it away.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class QueueMapping {
  readonly #options: QueueMappingOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #polling: Promise<void> = Promise.resolve();
  #abandoned = false;

  constructor(options: QueueMappingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#polling = this.#poll();
  }

  /** Begins no further batch, and waits a little for those under way; those that take longer are delivered again. */
  async close(): Promise<void> {
    this.#stop.abort();
    const idle = this.#polling.then(() => Promise.all(this.#underWay));
    await Promise.race([idle, sleep(GRACE_MS, undefined, { ref: false })]);
    this.#abandoned = true;
  }

  async #poll(): Promise<void> {
    const { queue, settings } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#underWay.size >= settings.maximumConcurrency) {
        await Promise.race(this.#underWay);
        continue;
      }
      try {
        const batch = await queue.receive({ most: settings.batchSize, waitSeconds: WAIT_SECONDS, signal });
        if (batch.length === 0) continue;
        const delivery = this.#deliver(batch)
          .catch(console.error)
          .finally(() => this.#underWay.delete(delivery));
        this.#underWay.add(delivery);
      } catch (error) {
        // The queue's file could not be written: nothing was received.
        console.error(error);
        await sleep(1000, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  async #deliver(batch: readonly ReceivedMessage[]): Promise<void> {
    const failed = await this.#invoke(batch);
    if (this.#abandoned) return;
    for (const received of batch) {
      if (failed.has(received.message.id)) this.#hide(received);
      else this.#options.queue.delete(received.receiptHandle);
    }
  }

  /** Resolves to the ids of the messages that the function has failed on. */
  async #invoke(batch: readonly ReceivedMessage[]): Promise<ReadonlySet<string>> {
    const { invoke, settings, queueArn } = this.#options;
    const ids = batch.map(({ message }) => message.id);
    try {
      const response = await invoke({ Records: batch.map((received) => toRecord(received, queueArn)) });
      return settings.reportBatchItemFailures ? failedMessages(response, ids) : new Set();
    } catch {
      return new Set(ids);
    }
  }

  #hide({ receiptHandle, receiveCount }: ReceivedMessage): void {
    const { queue, firstBackoffMs = 100 } = this.#options;
    const seconds = Math.min((firstBackoffMs / 1000) * 2 ** (receiveCount - 1), queue.visibilityTimeout);
    if (queue.isHidden(receiptHandle)) queue.changeVisibility(receiptHandle, seconds);
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function toRecord(received: ReceivedMessage, queueArn: string): SQSEvent['Records'][number] {
  const { message, receiptHandle } = received;
  return {
    messageId: message.id,
    receiptHandle,
    body: message.body,
    attributes: messageAttributes(received) as unknown as SQSEvent['Records'][number]['attributes'],
    messageAttributes: {},
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}
