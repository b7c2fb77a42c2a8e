import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '#contract/tenant';
import { ENV } from '#core/env';
import { METRIC, METRICS_DIMENSION, METRICS_NAMESPACE } from '#core/metrics';
import type { FunctionOptions } from './function-options.ts';
import { type IdentitySettings, identityEnvironment } from './identity-settings.ts';
import { RawFunction } from './raw-function.ts';

export interface AuthorizerProps extends IdentitySettings {
  /** The env of tokens that name none. */
  readonly env: Environment;
  /**
   * Options that the account's rules may require.
   *
   * @default - nothing
   */
  readonly options?: FunctionOptions;
}

/** The function that verifies tokens, and gives the gateway their tenant context. */
export class Authorizer extends RawFunction {
  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id, {
      handler: 'authorizer',
      memorySize: 256,
      // The issuer is given 3 seconds to say where its keys are, and 3 to give them.
      timeout: Duration.seconds(10),
      environment: { ...identityEnvironment(props), [ENV.defaultEnv]: props.env },
      ...(props.options && { options: props.options }),
    });
  }

  /** Counts failed attempts to fetch the issuer's keys. */
  metricKeyFetchFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName: METRIC.keyFetchFailures,
      dimensionsMap: { [METRICS_DIMENSION]: this.functionName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    }).attachTo(this);
  }
}
