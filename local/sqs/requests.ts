import * as v from 'valibot';
import { AwsError } from '../http/aws-error.ts';
import { MESSAGE_ATTRIBUTES, QUEUE_ATTRIBUTES } from './system-attributes.ts';

const wholeNumber = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const QueueUrl = v.string();
const ReceiptHandle = v.string();
/** Seconds; at most 12 hours. */
const VisibilityTimeout = wholeNumber(0, 43_200);

/**
 * The operations that are here, and their parameters. A request with any other parameter is refused: to ignore one would
 * do something else than SQS does.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
const REQUESTS = {
  ListQueues: v.strictObject({ QueueNamePrefix: v.optional(v.string(), '') }),
  GetQueueUrl: v.strictObject({ QueueName: v.string() }),
  SendMessage: v.strictObject({ QueueUrl, MessageBody: v.pipe(v.string(), v.minLength(1)) }),
  ReceiveMessage: v.strictObject({
    QueueUrl,
    MaxNumberOfMessages: v.optional(wholeNumber(1, 10), 1),
    VisibilityTimeout: v.optional(VisibilityTimeout),
    WaitTimeSeconds: v.optional(wholeNumber(0, 20), 0),
    /** The name that `MessageSystemAttributeNames` had before. */
    AttributeNames: v.optional(v.array(v.picklist(MESSAGE_ATTRIBUTES)), []),
    MessageSystemAttributeNames: v.optional(v.array(v.picklist(MESSAGE_ATTRIBUTES)), []),
  }),
  GetQueueAttributes: v.strictObject({
    QueueUrl,
    AttributeNames: v.optional(v.array(v.picklist(QUEUE_ATTRIBUTES)), []),
  }),
  DeleteMessage: v.strictObject({ QueueUrl, ReceiptHandle }),
  ChangeMessageVisibility: v.strictObject({ QueueUrl, ReceiptHandle, VisibilityTimeout }),
};

export type QueueOperation = keyof typeof REQUESTS;

export type QueueRequest<TOperation extends QueueOperation> = v.InferOutput<(typeof REQUESTS)[TOperation]>;

/** @throws AwsError 400 InvalidParameterValue */
export function readRequest<TOperation extends QueueOperation>(
  operation: TOperation,
  input: object,
): QueueRequest<TOperation> {
  const parsed = v.safeParse(REQUESTS[operation], input);
  if (parsed.success) return parsed.output as QueueRequest<TOperation>;
  const [issue] = parsed.issues;
  throw new AwsError(400, 'InvalidParameterValue', `${v.getDotPath(issue)}: ${issue.message}`);
}
