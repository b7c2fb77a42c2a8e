import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { JsonService } from '../endpoint/json-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import { Queue } from './queue.ts';
import { type QueueOperation, type QueueRequest, readRequest } from './requests.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

export interface SqsOptions {
  readonly dir: string;
  readonly names: readonly string[];
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** SQS: the account's standard queues. */
export class Sqs implements JsonService {
  readonly protocol = 'json';
  readonly version = '1.0';
  readonly targetPrefix = 'AmazonSQS';
  readonly namespace = 'com.amazonaws.sqs';
  readonly signingName = 'sqs';
  readonly denied = [403, 'AccessDenied'] as const;
  readonly unknownKey = [403, 'InvalidClientTokenId'] as const;
  readonly expiredToken = [403, 'ExpiredToken'] as const;

  /** By name. */
  readonly queues: ReadonlyMap<string, Queue>;

  readonly operations = {
    SendMessage: this.#operation('SendMessage', (queue, { MessageBody: body }) => {
      if (FORBIDDEN.test(body)) {
        throw new AwsError(
          400,
          'InvalidMessageContents',
          'The message holds characters that are not allowed.',
        );
      }
      return { MessageId: queue.send(body).id, MD5OfMessageBody: md5(body) };
    }),
    ReceiveMessage: this.#operation('ReceiveMessage', async (queue, request) => {
      const { MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds } = request;
      const received = await queue.receive(MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds);
      if (received.length === 0) return {};
      const Messages = received.map(({ message: { id, body }, receiptHandle }) => ({
        MessageId: id,
        ReceiptHandle: receiptHandle,
        MD5OfBody: md5(body),
        Body: body,
      }));
      return { Messages };
    }),
    DeleteMessage: this.#operation('DeleteMessage', (queue, { ReceiptHandle }) => {
      queue.delete(ReceiptHandle);
      return {};
    }),
    ChangeMessageVisibility: this.#operation('ChangeMessageVisibility', (queue, request) => {
      queue.changeVisibility(request.ReceiptHandle, request.VisibilityTimeout);
      return {};
    }),
  };

  /** Opens the queues of these names, each kept in a directory of `dir`. */
  constructor({ dir, names, now }: SqsOptions) {
    this.queues = new Map(names.map((name) => [name, new Queue(join(dir, name), now)]));
  }

  /** Finds a queue by its ARN. */
  queueByArn(arn: string): Queue | undefined {
    return this.queues.get(arn.slice(arn.lastIndexOf(':') + 1));
  }

  close(): void {
    for (const queue of this.queues.values()) queue.close();
  }

  #operation<TOperation extends QueueOperation>(
    name: TOperation,
    handle: (queue: Queue, request: QueueRequest<TOperation>) => unknown,
  ): ServiceOperation<object> {
    return {
      access: (input) => [
        { action: `sqs:${name}`, resource: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${queueName(input)}` },
      ],
      handle: (input) => {
        const request = readRequest(name, input);
        const queue = this.queues.get(queueName(request));
        if (queue !== undefined) return handle(queue, request);
        throw new AwsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
      },
    };
  }
}

/** The name of the queue that a request is for: the last part of its URL. */
function queueName({ QueueUrl }: { readonly QueueUrl?: unknown }): string {
  const url = String(QueueUrl);
  return url.slice(url.lastIndexOf('/') + 1);
}
