import { randomUUID } from 'node:crypto';
import { AwsError } from '../http/aws-error.ts';

interface Receipt {
  readonly handle: string;
  /** Epoch milliseconds up to which the message is hidden. */
  readonly hiddenUntil: number;
}

/**
 * Who has received which message. A message that was received is hidden from others for a while, and can be deleted by the
 * handle of its last receipt only. Receipts are kept in memory: every message is visible to the next process.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class Receipts {
  readonly #last = new Map<string, Receipt>();
  readonly #messageOf = new Map<string, string>();
  readonly #now: () => number;

  /** `now` gives epoch milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  isVisible(messageId: string): boolean {
    return (this.#last.get(messageId)?.hiddenUntil ?? 0) <= this.#now();
  }

  /** @returns the receipt's handle */
  receive(messageId: string, seconds: number): string {
    const handle = randomUUID();
    this.#messageOf.set(handle, messageId);
    this.#last.set(messageId, { handle, hiddenUntil: this.#now() + seconds * 1000 });
    return handle;
  }

  /**
   * Finds the message of a receipt: none where the message has been received again since.
   *
   * @throws AwsError 400 ReceiptHandleIsInvalid for a handle that was never given
   */
  messageOf(handle: string): string | undefined {
    const messageId = this.#messageOf.get(handle);
    if (messageId === undefined)
      throw new AwsError(400, 'ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
    return this.#last.get(messageId)?.handle === handle ? messageId : undefined;
  }

  /** @throws AwsError 400 ReceiptHandleIsInvalid; MessageNotInflight for a message that others see already */
  changeVisibility(handle: string, seconds: number): void {
    const messageId = this.messageOf(handle);
    if (messageId === undefined || this.isVisible(messageId))
      throw new AwsError(400, 'MessageNotInflight', 'The message referred to is not in flight.');
    this.#last.set(messageId, { handle, hiddenUntil: this.#now() + seconds * 1000 });
  }
}
