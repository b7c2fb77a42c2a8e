import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { DeadLetterQueue, type DeadLetterQueueProps } from './dead-letter-queue.ts';

/** Holds the events that can never be published as they are. */
export class PoisonQueue extends DeadLetterQueue {
  constructor(scope: Construct, id: string, props: Pick<DeadLetterQueueProps, 'encryptionKey'> = {}) {
    super(scope, id, { ...props, of: 'what publish-events cannot publish; no program consumes it' });
  }

  /** Lets a function send to the queue. */
  grantSend(fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.poisonQueueUrl, this.queueUrl);
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    this.encryptionMasterKey?.grant(fn, 'kms:GenerateDataKey', 'kms:Decrypt');
    return this.grant(fn, 'sqs:SendMessage');
  }
}
