import { Duration, Validations } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface DeadLetterQueueProps {
  /** What the queue holds, as the end of the sentence "It is a dead-letter queue itself, of …" in cdk-nag's report. */
  readonly of: string;
}

/** A queue that keeps failed deliveries for 14 days, the longest that SQS allows. */
export class DeadLetterQueue extends sqs.Queue {
  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id, {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: `It is a dead-letter queue itself, of ${props.of}.`,
    });
  }
}
