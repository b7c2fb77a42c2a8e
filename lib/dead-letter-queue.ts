import { Duration, Validations } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface DeadLetterQueueProps {
  /** What the queue holds, as the end of the sentence "It is a dead-letter queue itself, of …" in cdk-nag's report. */
  readonly of: string;
  /**
   * The key that encrypts the messages.
   *
   * @default - SQS's own
   */
  readonly encryptionKey?: kms.IKey | undefined;
}

/** A queue that keeps failed deliveries for 14 days, the longest that SQS allows. */
export class DeadLetterQueue extends sqs.Queue {
  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id, {
      ...(props.encryptionKey
        ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: props.encryptionKey }
        : { encryption: sqs.QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: `It is a dead-letter queue itself, of ${props.of}.`,
    });
  }
}
