import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { JsonService } from '../endpoint/json-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import { localArn } from '../template/resource-types.ts';
import { Queue, type ReceivedMessage } from './queue.ts';
import { type QueueOperation, type QueueRequest, readRequest } from './requests.ts';
import { messageAttributes, queueAttributes } from './system-attributes.ts';
import type { QueueDefinition } from './template.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

const AWS_URL = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}`;

/** The operations on one queue. */
type OnQueue = Exclude<QueueOperation, 'ListQueues' | 'GetQueueUrl'>;

export interface SqsOptions {
  readonly dir: string;
  readonly queues: readonly QueueDefinition[];
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

  readonly #urls: ReadonlyMap<string, string>;

  readonly operations = {
    ListQueues: {
      access: () => [{ action: 'sqs:ListQueues', resource: localArn('sqs', '*') }],
      handle: (input: object) => {
        const { QueueNamePrefix } = readRequest('ListQueues', input);
        const names = [...this.queues.keys()].filter((name) => name.startsWith(QueueNamePrefix)).sort();
        return names.length === 0 ? {} : { QueueUrls: names.map((name) => this.#urls.get(name)) };
      },
    },
    GetQueueUrl: {
      access: (input: object) => {
        const { QueueName } = readRequest('GetQueueUrl', input);
        return [{ action: 'sqs:GetQueueUrl', resource: localArn('sqs', QueueName) }];
      },
      handle: (input: object) => {
        const QueueUrl = this.#urls.get(readRequest('GetQueueUrl', input).QueueName);
        if (QueueUrl !== undefined) return { QueueUrl };
        throw new AwsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
      },
    },
    SendMessage: this.#operation('SendMessage', async (queue, { MessageBody: body }) => {
      if (FORBIDDEN.test(body)) {
        throw new AwsError(
          400,
          'InvalidMessageContents',
          'The message holds characters that are not allowed.',
        );
      }
      const { id } = queue.send(body);
      await queue.synced();
      return { MessageId: id, MD5OfMessageBody: md5(body) };
    }),
    ReceiveMessage: this.#operation('ReceiveMessage', async (queue, request) => {
      const received = await queue.receive({
        most: request.MaxNumberOfMessages,
        hideSeconds: request.VisibilityTimeout,
        waitSeconds: request.WaitTimeSeconds,
      });
      const wanted = [...request.AttributeNames, ...request.MessageSystemAttributeNames];
      return received.length === 0 ? {} : { Messages: received.map((message) => toMessage(message, wanted)) };
    }),
    GetQueueAttributes: this.#operation('GetQueueAttributes', (queue, { QueueUrl, AttributeNames }) => {
      const Attributes = queueAttributes(queue, queueArn({ QueueUrl }), AttributeNames);
      return Object.keys(Attributes).length === 0 ? {} : { Attributes };
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

  /** Opens these queues, each kept in a directory of `dir`. */
  constructor({ dir, queues, now }: SqsOptions) {
    this.#urls = new Map(queues.map(({ name, url = `${AWS_URL}/${name}` }) => [name, url]));
    const open = ({ name, url: _, redrive, ...options }: QueueDefinition) => {
      const deadLetterQueue = () => this.queues.get(redrive?.deadLetterQueue ?? '') as Queue;
      return new Queue(join(dir, name), {
        ...options,
        ...(redrive && { redrive: { ...redrive, deadLetterQueue } }),
        ...(now && { now }),
      });
    };
    this.queues = new Map(queues.map((definition) => [definition.name, open(definition)]));
  }

  /** Finds a queue by its ARN. */
  queueByArn(arn: string): Queue | undefined {
    return this.queues.get(arn.slice(arn.lastIndexOf(':') + 1));
  }

  close(): void {
    for (const queue of this.queues.values()) queue.close();
  }

  #operation<TOperation extends OnQueue>(
    name: TOperation,
    handle: (queue: Queue, request: QueueRequest<TOperation>) => unknown,
  ): ServiceOperation<object> {
    return {
      access: (input) => [{ action: `sqs:${name}`, resource: queueArn(input) }],
      handle: (input) => {
        const request = readRequest(name, input);
        const queue = this.queues.get(queueName(request));
        if (queue !== undefined) return handle(queue, request);
        throw new AwsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
      },
    };
  }
}

function toMessage(received: ReceivedMessage, wanted: readonly string[]) {
  const { message, receiptHandle } = received;
  const Attributes = messageAttributes(received, wanted);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(Attributes).length > 0 && { Attributes }),
  };
}

/** The name of the queue that a request is for: the last part of its URL. */
function queueName({ QueueUrl }: { readonly QueueUrl?: unknown }): string {
  const url = String(QueueUrl);
  return url.slice(url.lastIndexOf('/') + 1);
}

function queueArn(input: { readonly QueueUrl?: unknown }): string {
  return localArn('sqs', queueName(input));
}
