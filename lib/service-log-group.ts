import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionOptions } from './function-options.ts';

export interface ServiceLogGroupProps
  extends Pick<FunctionOptions, 'logRetention' | 'encryptionKey'>,
    Pick<logs.LogGroupProps, 'logGroupName' | 'removalPolicy'> {}

/** A group of logs that are kept for a month, unless the deployment says otherwise. */
export class ServiceLogGroup extends logs.LogGroup {
  constructor(scope: Construct, id: string, props: ServiceLogGroupProps) {
    const { logRetention: retention = logs.RetentionDays.ONE_MONTH, encryptionKey, ...others } = props;
    super(scope, id, { ...others, retention, ...(encryptionKey && { encryptionKey }) });
    if (encryptionKey === undefined) return;
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    const { region, account, partition, urlSuffix } = Stack.of(this);
    encryptionKey.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal(`logs.${region}.${urlSuffix}`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
          },
        },
      }),
    );
  }
}
