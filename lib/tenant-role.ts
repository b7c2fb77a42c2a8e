import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { METRIC, METRICS_DIMENSION, METRICS_NAMESPACE } from '#core/metrics';

/** Stands for the tenant whose session it is, in the policies of the role. */
export const TENANT = '${aws:PrincipalTag/tenant_id}';

/**
 * Patterns of tag values that STS accepts, and that no tenant id matches. IAM has no regular expressions: letters and spaces
 * beyond ASCII, and ids that are too long, are refused by the code alone.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
 */
const NO_TENANT_IDS = ['*/*', '*:*', '*=*', '*+*', '*@*', '* *', '.*', '_*', '-*'];

export interface TenantRoleProps {
  /** The functions that may act for a tenant. */
  readonly functions: readonly lambda.Function[];
  /**
   * The environment variable by which they know the role.
   *
   * @default 'TENANT_ROLE_ARN'
   */
  readonly variable?: string;
}

/**
 * Reaches the files and records of one tenant, the one that a session is tagged with, and nothing else: what its
 * policies allow is named by that tag. The functions hold nothing on the bucket or the table but this role.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export class TenantRole extends iam.Role {
  readonly #functions: readonly lambda.Function[];

  constructor(scope: Construct, id: string, { functions, variable = ENV.tenantRoleArn }: TenantRoleProps) {
    super(scope, id, {
      description: 'Reaches what belongs to the tenant in the session tag tenant_id',
      assumedBy: new iam.CompositePrincipal(
        ...functions.map((fn) => new iam.ArnPrincipal(roleOf(fn).roleArn)),
      )
        .withConditions({
          StringLike: { 'aws:RequestTag/tenant_id': '??*' },
          StringNotLike: { 'aws:RequestTag/tenant_id': [...NO_TENANT_IDS] },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] },
        })
        .withSessionTags(),
    });
    this.#functions = functions;
    for (const fn of functions) this.#grantAssume(fn, variable);
  }

  /**
   * Sessions that STS did not give, or that another service refused.
   *
   * @default - sum of the functions' over 5 minutes
   */
  metricSessionFailures(): cloudwatch.MathExpression {
    const metrics = this.#functions.map((fn, index) => [
      `f${index}`,
      new cloudwatch.Metric({
        namespace: METRICS_NAMESPACE,
        metricName: METRIC.tenantSessionFailures,
        dimensionsMap: { [METRICS_DIMENSION]: fn.functionName },
        statistic: cloudwatch.Stats.SUM,
      }).attachTo(fn),
    ]);
    return new cloudwatch.MathExpression({
      expression: metrics.map(([id]) => `FILL(${id}, 0)`).join(' + '),
      usingMetrics: Object.fromEntries(metrics),
      label: 'Tenant session failures',
    });
  }

  #grantAssume(fn: lambda.Function, variable: string): void {
    fn.addEnvironment(variable, this.roleArn);
    iam.Grant.addToPrincipal({
      grantee: fn,
      actions: ['sts:AssumeRole', 'sts:TagSession'],
      resourceArns: [this.roleArn],
    });
  }
}

function roleOf(fn: lambda.Function): iam.IRole {
  if (fn.role === undefined) throw new Error(`${fn.node.id} has no role`);
  return fn.role;
}
