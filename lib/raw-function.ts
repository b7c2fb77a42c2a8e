import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundle } from './bundle.ts';
import type { FunctionName } from './function-names.ts';

export interface RawFunctionProps {
  /** The handler that it runs. */
  readonly handler: FunctionName;
  /** Most MiB of memory; the share of a CPU grows with it. */
  readonly memorySize: number;
  /** Longest that an invocation may take. */
  readonly timeout: Duration;
  /**
   * What the deployment decides. The names of resources come with the grants on them.
   *
   * @default - nothing
   */
  readonly environment?: Record<string, string>;
}

/** A function of the service: the bundle of one handler, and a role that may write its logs. */
export class RawFunction extends lambda.Function {
  constructor(scope: Construct, id: string, { handler, ...props }: RawFunctionProps) {
    const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The role that CDK would make may write to every log group of the account.
    const role = new iam.Role(scope, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grants.write(role);
    super(scope, id, {
      ...props,
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      tracing: lambda.Tracing.DISABLED,
      code: lambda.Code.fromAsset(bundle(handler)),
      handler: 'index.handler',
    });
  }
}
