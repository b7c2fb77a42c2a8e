import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { ENV, parseEnv, text } from '#core/env';
import { EventPublisher } from '#core/events/event-publisher';

const env = parseEnv({ [ENV.eventBus]: text, [ENV.poisonQueueUrl]: text });

/** Time-outs in milliseconds; a call takes tens of them. By the SDK's default a hanging call would outlast the invocation. */
const requestHandler = { connectionTimeout: 1_000, socketTimeout: 3_000 };

/** Milliseconds of the invocation's time that are kept for its answer. */
const RESERVE_MS = 1_000;

const publisher = new EventPublisher(
  new EventBridgeClient({ requestHandler }),
  env.EVENT_BUS,
  new SQSClient({ requestHandler }),
  env.POISON_QUEUE_URL,
);

/** Reader of the asset table's stream; answers with the records that are to be delivered again. */
export async function handler(
  { Records }: DynamoDBStreamEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<DynamoDBBatchResponse> {
  const timeIsUp = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
  const failed = await publisher.publish(Records, timeIsUp);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
