import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../disk/journal.ts';
import { AwsError } from '../http/aws-error.ts';
import type { JsonService } from '../http/json-service.ts';
import type { Access } from '../iam/principal.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import { Receipts } from './receipts.ts';
import { type QueueRequest, readRequest, requireOperation } from './requests.ts';

export interface QueueMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly sentAt: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A message that was sent, or the id of one that was deleted. */
type Entry = QueueMessage | { readonly deleted: string };

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** How often a request that waits for messages looks for them, in milliseconds. */
const POLL_MS = 50;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A standard queue of SQS: its messages are kept in `messages.jsonl`. */
export class Queue implements JsonService {
  readonly #name: string;
  readonly #journal: Journal<Entry>;
  /** By id, in the order in which they were sent. */
  readonly #messages = new Map<string, QueueMessage>();
  readonly #receipts = new Receipts();

  constructor({ dir, name }: { readonly dir: string; readonly name: string }) {
    this.#name = name;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { journal, entries } = Journal.open<Entry>(join(dir, 'messages.jsonl'));
    this.#journal = journal;
    for (const entry of entries) this.#apply(entry);
  }

  accesses(operation: string, input: object): readonly Access[] {
    requireOperation(operation);
    const name = queueName(input);
    return [{ action: `sqs:${operation}`, resource: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}` }];
  }

  async handle(operation: string, input: object): Promise<unknown> {
    requireOperation(operation);
    const request = readRequest(operation, input);
    if (queueName(request) !== this.#name) {
      throw new AwsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
    }
    switch (operation) {
      case 'SendMessage':
        return this.#sendMessage(request as QueueRequest<'SendMessage'>);
      case 'ReceiveMessage':
        return this.#receiveMessage(request as QueueRequest<'ReceiveMessage'>);
      case 'DeleteMessage':
        return this.#deleteMessage(request as QueueRequest<'DeleteMessage'>);
      case 'ChangeMessageVisibility': {
        const { ReceiptHandle, VisibilityTimeout } = request as QueueRequest<'ChangeMessageVisibility'>;
        this.#receipts.changeVisibility(ReceiptHandle, VisibilityTimeout);
        return {};
      }
    }
  }

  /** Returns once the message would survive a loss of power. */
  send(body: string, attributes?: QueueMessage['attributes']): QueueMessage {
    const sentAt = new Date().toISOString();
    const message = { id: randomUUID(), sentAt, body, ...(attributes && { attributes }) };
    this.#record(message);
    return message;
  }

  /** Oldest first, those of earlier runs included, hidden ones too. */
  messages(): readonly QueueMessage[] {
    return [...this.#messages.values()];
  }

  close(): void {
    this.#journal.close();
  }

  #sendMessage({ MessageBody: body }: QueueRequest<'SendMessage'>) {
    if (FORBIDDEN.test(body)) {
      throw new AwsError(400, 'InvalidMessageContents', 'The message holds characters that are not allowed.');
    }
    return { MessageId: this.send(body).id, MD5OfMessageBody: md5(body) };
  }

  async #receiveMessage(request: QueueRequest<'ReceiveMessage'>) {
    const { MaxNumberOfMessages: most, VisibilityTimeout: seconds, WaitTimeSeconds } = request;
    const waitUntil = Date.now() + WaitTimeSeconds * 1000;
    let visible = this.#visible(most);
    while (visible.length === 0 && Date.now() < waitUntil) {
      await sleep(POLL_MS, undefined, { ref: false });
      visible = this.#visible(most);
    }
    if (visible.length === 0) return {};
    const Messages = visible.map(({ id, body }) => ({
      MessageId: id,
      ReceiptHandle: this.#receipts.receive(id, seconds),
      MD5OfBody: md5(body),
      Body: body,
    }));
    return { Messages };
  }

  #visible(most: number): QueueMessage[] {
    return this.messages()
      .filter(({ id }) => this.#receipts.isVisible(id))
      .slice(0, most);
  }

  #deleteMessage({ ReceiptHandle }: QueueRequest<'DeleteMessage'>) {
    const deleted = this.#receipts.messageOf(ReceiptHandle);
    if (deleted !== undefined && this.#messages.has(deleted)) this.#record({ deleted });
    return {};
  }

  #record(entry: Entry): void {
    this.#journal.append(entry);
    this.#apply(entry);
  }

  #apply(entry: Entry): void {
    if ('deleted' in entry) this.#messages.delete(entry.deleted);
    else this.#messages.set(entry.id, entry);
  }
}

/** The name of the queue that a request is for: the last part of its URL. */
export function queueName({ QueueUrl }: { readonly QueueUrl?: unknown }): string {
  const url = String(QueueUrl);
  return url.slice(url.lastIndexOf('/') + 1);
}

export function openQueue(options: { readonly dir: string; readonly name: string }): Queue {
  return new Queue(options);
}
