import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Backlog } from './backlog.ts';
import { recordsOfMessage } from './holding.ts';

/** For how long others do not see what is received, in seconds; it can be deleted later too, if nobody has seen it since. */
const HIDDEN_SECONDS = 15 * 60;

/** Adds every message that can be seen in the queue, and hides it from others until it is released. */
export async function readPoisonMessages(
  client: SQSClient,
  queueUrl: string,
  backlog: Backlog,
  onProgress: (text: string) => void,
): Promise<void> {
  /** Receipt handles, by message. */
  const received = new Map<string, string>();
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: HIDDEN_SECONDS,
    // Asks all of the queue's servers: without waiting, some of them only.
    WaitTimeSeconds: 1,
  });
  for (let known = -1; received.size > known; ) {
    known = received.size;
    const { Messages = [] } = await client.send(receive);
    for (const { MessageId: id = '', ReceiptHandle = '', Body = '' } of Messages) {
      const isKnown = received.has(id);
      // A standard queue may deliver a message twice; the last handle is the one that counts.
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
