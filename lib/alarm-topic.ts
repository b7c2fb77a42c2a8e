import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

export interface AlarmTopicProps {
  /** The address, which must confirm AWS's first e-mail. */
  readonly email: string;
  /**
   * The key that encrypts what the alarms say.
   *
   * @default - one of its own
   */
  readonly encryptionKey?: kms.IKey | undefined;
}

/** A topic that sends alarms to an e-mail address. Only this account's alarms may publish to it. */
export class AlarmTopic extends sns.Topic {
  constructor(scope: Construct, id: string, { email, encryptionKey }: AlarmTopicProps) {
    // CloudWatch cannot use AWS's own key for SNS, whose policy nobody can change: hence a key of its own.
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    const masterKey =
      encryptionKey ??
      new kms.Key(scope, `${id}Key`, {
        description: 'Encrypts what the alarms of Nexus Raw Storage say',
        enableKeyRotation: true,
        // An alarm's message is of no use once it is sent.
        removalPolicy: RemovalPolicy.DESTROY,
      });
    super(scope, id, { displayName: 'Nexus Raw Storage', masterKey, enforceSSL: true });
    const alarms = {
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': this.env.account } },
    };
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OwnAlarms',
        ...alarms,
        actions: ['sns:Publish'],
        resources: [this.topicArn],
      }),
    );
    masterKey.addToResourcePolicy(
      new iam.PolicyStatement({
        ...alarms,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    this.addSubscription(new EmailSubscription(email));
  }
}
