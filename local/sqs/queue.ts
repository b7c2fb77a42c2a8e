import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../disk/journal.ts';
import { Receipts } from './receipts.ts';

export interface QueueMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly sentAt: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A line of the journal: a message that was sent, or the id of one that was deleted. */
type QueueLine = QueueMessage | { readonly deleted: string };

/** How often a request that waits for messages looks for them, in milliseconds. */
const POLL_MS = 50;

/** The messages of a standard queue, kept in `messages.jsonl`, and who has received them. */
export class Queue {
  readonly #journal: Journal<QueueLine>;
  /** By id, in the order in which they were sent. */
  readonly #messages = new Map<string, QueueMessage>();
  readonly #receipts: Receipts;
  readonly #now: () => Date;

  /** Opens the queue kept in `dir`, making it on first use. */
  constructor(dir: string, now: () => Date = () => new Date()) {
    this.#now = now;
    this.#receipts = new Receipts(() => now().getTime());
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { journal, entries } = Journal.open<QueueLine>(join(dir, 'messages.jsonl'));
    this.#journal = journal;
    for (const line of entries) this.#apply(line);
  }

  /** Returns once the message would survive a loss of power. */
  send(body: string, attributes?: QueueMessage['attributes']): QueueMessage {
    const sentAt = this.#now().toISOString();
    const message = { id: randomUUID(), sentAt, body, ...(attributes && { attributes }) };
    this.#record(message);
    return message;
  }

  /** Every message, oldest first: also those that an earlier process has kept, and those that are hidden. */
  messages(): readonly QueueMessage[] {
    return [...this.#messages.values()];
  }

  /**
   * Receives visible messages, oldest first, and hides them.
   *
   * @param most how many messages at most
   * @param hideSeconds for how long others do not see them
   * @param waitSeconds how long to wait for a first one
   */
  async receive(
    most: number,
    hideSeconds: number,
    waitSeconds: number,
  ): Promise<readonly { readonly message: QueueMessage; readonly receiptHandle: string }[]> {
    const waitUntil = Date.now() + waitSeconds * 1000;
    let visible = this.#visible(most);
    while (visible.length === 0 && Date.now() < waitUntil) {
      await sleep(POLL_MS, undefined, { ref: false });
      visible = this.#visible(most);
    }
    return visible.map((message) => ({
      message,
      receiptHandle: this.#receipts.receive(message.id, hideSeconds),
    }));
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

  close(): void {
    this.#journal.close();
  }

  #visible(most: number): QueueMessage[] {
    return this.messages()
      .filter(({ id }) => this.#receipts.isVisible(id))
      .slice(0, most);
  }

  #record(line: QueueLine): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: QueueLine): void {
    if ('deleted' in line) this.#messages.delete(line.deleted);
    else this.#messages.set(line.id, line);
  }
}
