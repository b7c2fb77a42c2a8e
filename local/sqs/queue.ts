import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import { type QueueLine, type QueueMessage, QueueMessages } from './messages.ts';
import { Receipts } from './receipts.ts';

export interface QueueOptions {
  /** Seconds for which a message is hidden where its receiver names none. @default 30 */
  readonly visibilityTimeout?: number;
  /** Where messages go that were received too often. @default - they stay */
  readonly redrive?: {
    readonly maxReceiveCount: number;
    readonly deadLetterQueue: () => Queue;
  };
  /** @default the wall clock */
  readonly now?: () => Date;
}

export interface Reception {
  /** How many messages at most. */
  readonly most: number;
  /** For how many seconds others do not see them. @default - the queue's visibility timeout */
  readonly hideSeconds?: number | undefined;
  /** How many seconds to wait for a first one. @default 0 */
  readonly waitSeconds?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface ReceivedMessage {
  readonly message: QueueMessage;
  readonly receiptHandle: string;
  /** How often the message was received by now. */
  readonly receiveCount: number;
  /** RFC 3339: when it was received for the first time. */
  readonly firstReceivedAt: string;
}

/** How often a request that waits looks for messages that are visible again, in milliseconds. */
const POLL_MS = 50;

/** The messages of a standard queue, kept in `messages.jsonl`, and who has received them. */
export class Queue {
  readonly visibilityTimeout: number;
  readonly #redrive: QueueOptions['redrive'];
  readonly #now: () => Date;
  readonly #journal: Journal<QueueLine>;
  readonly #messages = new QueueMessages();
  readonly #receipts: Receipts;
  /** Ends the pauses of those who wait for a message. */
  readonly #wakes = new Set<() => void>();

  /** Opens the queue kept in `dir`, making it on first use, and drops from it what was deleted. */
  constructor(dir: string, { visibilityTimeout = 30, redrive, now = () => new Date() }: QueueOptions = {}) {
    this.visibilityTimeout = visibilityTimeout;
    this.#redrive = redrive;
    this.#now = now;
    this.#receipts = new Receipts(() => now().getTime());
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const path = join(dir, 'messages.jsonl');
    const { journal, entries } = Journal.open<QueueLine>(path);
    journal.close();
    for (const line of entries) this.#messages.apply(line);
    this.#journal = Journal.rewrite(path, this.#messages.lines());
  }

  /** Returns once the message would survive the end of the process. */
  send(body: string, attributes?: QueueMessage['attributes']): QueueMessage {
    const sentAt = this.#now().toISOString();
    const message = { id: randomUUID(), sentAt, body, ...(attributes && { attributes }) };
    this.#take(message);
    return message;
  }

  /** Every message, oldest first: also those that an earlier process has kept, and those that are hidden. */
  messages(): readonly QueueMessage[] {
    return this.#messages.all();
  }

  /** How many messages a receiver would see, and how many are hidden because one has received them. */
  count(): { readonly visible: number; readonly inFlight: number } {
    const all = this.messages();
    const visible = all.filter(({ id }) => this.#receipts.isVisible(id)).length;
    return { visible, inFlight: all.length - visible };
  }

  /** Receives visible messages, oldest first, and hides them. */
  async receive({
    most,
    hideSeconds,
    waitSeconds = 0,
    signal,
  }: Reception): Promise<readonly ReceivedMessage[]> {
    const isStopped = () => signal?.aborted === true;
    const waitUntil = performance.now() + waitSeconds * 1000;
    let received = this.#receive(most, hideSeconds);
    while (received.length === 0 && performance.now() < waitUntil && !isStopped()) {
      await this.#pause();
      if (!isStopped()) received = this.#receive(most, hideSeconds);
    }
    return received;
  }

  /**
   * Deletes the message of a receipt. A receipt that is not the message's last one deletes nothing.
   *
   * @throws AwsError 400 ReceiptHandleIsInvalid for a handle that was never given
   */
  delete(receiptHandle: string): void {
    const deleted = this.#receipts.messageOf(receiptHandle);
    if (deleted !== undefined && this.#messages.has(deleted)) this.#record({ deleted });
  }

  /** @throws AwsError 400 ReceiptHandleIsInvalid; MessageNotInflight for a message that others see already */
  changeVisibility(receiptHandle: string, hideSeconds: number): void {
    this.#receipts.changeVisibility(receiptHandle, hideSeconds);
  }

  /** Whether a receipt is its message's last one, and others do not see the message yet. */
  isHidden(receiptHandle: string): boolean {
    const id = this.#receipts.messageOf(receiptHandle);
    return id !== undefined && this.#messages.has(id) && !this.#receipts.isVisible(id);
  }

  /** Resolves once every message so far would survive a loss of power. */
  synced(): Promise<void> {
    return this.#journal.synced();
  }

  close(): void {
    this.#journal.close();
  }

  #receive(most: number, hideSeconds = this.visibilityTimeout): readonly ReceivedMessage[] {
    const { maxReceiveCount = Number.POSITIVE_INFINITY } = this.#redrive ?? {};
    const messages: QueueMessage[] = [];
    for (const message of this.messages()) {
      if (messages.length === most) break;
      if (!this.#receipts.isVisible(message.id)) continue;
      if (this.#messages.receptions(message.id).count >= maxReceiveCount) this.#giveUp(message);
      else messages.push(message);
    }
    if (messages.length > 0) {
      this.#record({ received: messages.map(({ id }) => id), at: this.#now().toISOString() });
    }
    return messages.map((message) => {
      const { count, firstAt } = this.#messages.receptions(message.id);
      const receiptHandle = this.#receipts.receive(message.id, hideSeconds);
      return { message, receiptHandle, receiveCount: count, firstReceivedAt: firstAt };
    });
  }

  /** Moves a message to the dead-letter queue. After a crash in between it is there once all the same, by its id. */
  #giveUp(message: QueueMessage): void {
    const deadLetterQueue = this.#redrive?.deadLetterQueue();
    if (deadLetterQueue !== undefined) deadLetterQueue.#take(message);
    this.#record({ deleted: message.id });
  }

  #take(message: QueueMessage): void {
    if (this.#messages.has(message.id)) return;
    this.#record(message);
    for (const wake of [...this.#wakes]) wake();
  }

  /** Waits until a message comes, or until some may be visible again. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, POLL_MS).unref();
      this.#wakes.add(wake);
    });
  }

  #record(line: QueueLine): void {
    this.#journal.append(line);
    this.#messages.apply(line);
  }
}
