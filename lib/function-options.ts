import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { FunctionName } from './function-names.ts';

/** Options that an account's rules may require of every function. */
export interface FunctionOptions {
  /**
   * The VPC that the functions run in. Without a way to the internet they need its endpoints: gateways of S3 and DynamoDB,
   * interfaces of STS, EventBridge, SQS and CloudWatch Logs; and `jwks`, for the issuer cannot be asked.
   *
   * @default - none: Lambda's own network
   */
  readonly vpc?: ec2.IVpc;
  /**
   * The subnets of `vpc`.
   *
   * @default - private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * The functions' security groups in `vpc`.
   *
   * @default - a new one a function, which lets everything out and nothing in
   */
  readonly securityGroups?: readonly ec2.ISecurityGroup[];
  /**
   * Whether X-Ray traces the functions.
   *
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * How long the functions' logs and the API's are kept.
   *
   * @default - a month
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Concurrent executions that the account sets aside for a function, which are also the most that it has.
   *
   * @default - none: the functions share the account's
   */
  readonly reservedConcurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  /**
   * A symmetric key that encrypts all that the service keeps: files, records, queues, the bus and its archive, logs. The
   * policy of a key of this app is completed; that of an imported one must let in the services that docs/construct.md
   * names.
   *
   * @default - keys of AWS's own
   */
  readonly encryptionKey?: kms.IKey;
}
