import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundle } from './bundle.ts';
import type { FunctionName } from './function-names.ts';
import type { FunctionOptions } from './function-options.ts';
import { ServiceLogGroup } from './service-log-group.ts';

export interface RawFunctionProps {
  /** The handler that it runs. */
  readonly handler: FunctionName;
  /** Memory in MiB. The function's share of a CPU grows with it. */
  readonly memorySize: number;
  /** The longest time that an invocation may take. */
  readonly timeout: Duration;
  /**
   * Environment variables for settings. Names of resources are added by the grants on them.
   *
   * @default - nothing
   */
  readonly environment?: Record<string, string>;
  /**
   * Options that the account's rules may require.
   *
   * @default - nothing
   */
  readonly options?: FunctionOptions;
}

/** The actions that a function in a VPC needs: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** A function of the service: the bundle of one handler, and a role that may write its logs. */
export class RawFunction extends lambda.Function {
  constructor(scope: Construct, id: string, { handler, options = {}, ...props }: RawFunctionProps) {
    const { vpc, vpcSubnets, securityGroups, tracing = false } = options;
    const reservedConcurrentExecutions = options.reservedConcurrency?.[handler];
    const logGroup = new ServiceLogGroup(scope, `${id}Logs`, {
      ...options,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The role that CDK would make may write to every log group of the account.
    const role = new iam.Role(scope, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grants.write(role);
    if (vpc) iam.Grant.addToPrincipal({ grantee: role, actions: NETWORK_INTERFACES, resourceArns: ['*'] });
    super(scope, id, {
      ...props,
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      tracing: tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
      code: lambda.Code.fromAsset(bundle(handler)),
      handler: 'index.handler',
      ...(reservedConcurrentExecutions !== undefined && { reservedConcurrentExecutions }),
      ...(vpc && { vpc, ...(vpcSubnets && { vpcSubnets }) }),
      ...(securityGroups && { securityGroups: [...securityGroups] }),
    });
    if (vpc || tracing) {
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'The network interfaces of a function in a VPC, and X-Ray, know no resource to name.',
      });
    }
  }
}
