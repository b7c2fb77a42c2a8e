import type { Queue, ReceivedMessage } from './queue.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const MESSAGE_ATTRIBUTES = [
  'All',
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'SentTimestamp',
] as const;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export const QUEUE_ATTRIBUTES = [
  'All',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'QueueArn',
  'VisibilityTimeout',
] as const;

/** The attributes that SQS gives a message, as far as they are wanted; times are in epoch milliseconds. */
export function messageAttributes(
  { message, receiveCount, firstReceivedAt }: ReceivedMessage,
  wanted: readonly string[] = ['All'],
): Record<string, string> {
  return select(wanted, {
    ApproximateReceiveCount: String(receiveCount),
    SentTimestamp: String(Date.parse(message.sentAt)),
    ApproximateFirstReceiveTimestamp: String(Date.parse(firstReceivedAt)),
  });
}

/** A queue's attributes, as far as they are wanted. */
export function queueAttributes(
  queue: Queue,
  arn: string,
  wanted: readonly string[],
): Record<string, string> {
  const { visible, inFlight } = queue.count();
  return select(wanted, {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: String(queue.visibilityTimeout),
  });
}

function select(wanted: readonly string[], attributes: Record<string, string>): Record<string, string> {
  if (wanted.includes('All')) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => wanted.includes(name)));
}
