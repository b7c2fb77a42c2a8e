import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { ENV, parseEnv, text } from '#core/env';
import { EventPublisher } from '#core/event-publisher';

const env = parseEnv({ [ENV.eventBus]: text, [ENV.poisonQueueUrl]: text });

const publisher = new EventPublisher(
  new EventBridgeClient(),
  env.EVENT_BUS,
  new SQSClient(),
  env.POISON_QUEUE_URL,
);

/** Reader of the asset table's stream; answers with the records that are to be delivered again. */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const failed = await publisher.publish(Records);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
