import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ACCOUNT_ID, REGION } from './account.ts';
import { AwsError } from './aws-error.ts';
import type { Access } from './iam/principal.ts';
import { Journal } from './journal.ts';
import type { JsonService } from './json-service.ts';

export interface QueueMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly sentAt: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Anything else would change what the message is, so it is refused rather than left out. */
const SendMessage = v.strictObject({ QueueUrl: v.string(), MessageBody: v.pipe(v.string(), v.minLength(1)) });

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** One SQS queue that is only sent to: its messages are kept in `messages.jsonl`, to be read by people. */
export class Queue implements JsonService {
  readonly #name: string;
  readonly #journal: Journal<QueueMessage>;
  readonly #messages: QueueMessage[];

  constructor({ dir, name }: { readonly dir: string; readonly name: string }) {
    this.#name = name;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { journal, entries } = Journal.open<QueueMessage>(join(dir, 'messages.jsonl'));
    this.#journal = journal;
    this.#messages = entries;
  }

  accesses(operation: string, input: object): readonly Access[] {
    requireSendMessage(operation);
    const name = queueName(input);
    return [{ action: 'sqs:SendMessage', resource: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}` }];
  }

  async handle(operation: string, input: object): Promise<unknown> {
    requireSendMessage(operation);
    const parsed = v.safeParse(SendMessage, input);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new AwsError(400, 'InvalidParameterValue', `${v.getDotPath(issue)}: ${issue.message}`);
    }
    const { MessageBody: body } = parsed.output;
    if (queueName(parsed.output) !== this.#name) {
      throw new AwsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
    }
    if (FORBIDDEN.test(body)) {
      throw new AwsError(400, 'InvalidMessageContents', 'The message holds characters that are not allowed.');
    }
    const { id } = this.send(body);
    return { MessageId: id, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  }

  /** Returns once the message would survive a loss of power. */
  send(body: string, attributes?: QueueMessage['attributes']): QueueMessage {
    const sentAt = new Date().toISOString();
    const message = { id: randomUUID(), sentAt, body, ...(attributes && { attributes }) };
    this.#journal.append(message);
    this.#messages.push(message);
    return message;
  }

  /** Oldest first, those of earlier runs included. */
  messages(): readonly QueueMessage[] {
    return this.#messages;
  }

  close(): void {
    this.#journal.close();
  }
}

function requireSendMessage(operation: string): void {
  if (operation === 'SendMessage') return;
  throw new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
}

/** The name of the queue that a request is for: the last part of its URL. */
export function queueName({ QueueUrl }: { readonly QueueUrl?: unknown }): string {
  const url = String(QueueUrl);
  return url.slice(url.lastIndexOf('/') + 1);
}

export function openQueue(options: { readonly dir: string; readonly name: string }): Queue {
  return new Queue(options);
}
