import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Backlog } from './backlog.ts';
import { recordsOfMessage } from './dead-letter.ts';

/**
 * The visibility timeout of what is received, in seconds. A message can still be deleted after it, unless somebody else
 * has received the message since.
 */
const HIDDEN_SECONDS = 15 * 60;

/** Adds every visible message of the queue to the backlog. Others cannot receive it until it is released. */
export async function readPoisonMessages(
  client: SQSClient,
  queueUrl: string,
  backlog: Backlog,
  onProgress: (text: string) => void,
): Promise<void> {
  /** Receipt handles by message id. */
  const received = new Map<string, string>();
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: HIDDEN_SECONDS,
    // Long polling asks all of the queue's servers, short polling only some of them.
    WaitTimeSeconds: 1,
  });
  for (let known = -1; received.size > known; ) {
    known = received.size;
    const { Messages = [] } = await client.send(receive);
    for (const { MessageId: id = '', ReceiptHandle = '', Body = '' } of Messages) {
      const isKnown = received.has(id);
      // A standard queue may deliver a message twice, and only the last receipt handle is valid then.
      received.set(id, ReceiptHandle);
      if (isKnown) continue;
      const receipt = () => ({ QueueUrl: queueUrl, ReceiptHandle: received.get(id) });
      const show = () => new ChangeMessageVisibilityCommand({ ...receipt(), VisibilityTimeout: 0 });
      backlog.add(
        {
          kind: 'message',
          name: id,
          delete: async () => void (await client.send(new DeleteMessageCommand(receipt()))),
          release: async () => void (await client.send(show())),
        },
        () => recordsOfMessage(Body),
      );
    }
    onProgress(`${received.size} messages read`);
  }
}
