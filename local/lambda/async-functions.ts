import type { StackTemplate } from '../template/template.ts';
import type { AsyncFunction } from './async-invocations.ts';

/** Lambda's own: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const DEFAULT_RETRY_ATTEMPTS = 2;
const DEFAULT_EVENT_AGE_SECONDS = 21_600;

interface InvokeConfig {
  readonly MaximumRetryAttempts?: number;
  readonly MaximumEventAgeInSeconds?: number;
  readonly DestinationConfig?: {
    readonly OnFailure?: { readonly Destination: unknown };
    readonly OnSuccess?: unknown;
  };
}

/**
 * The stack's functions, as what is invoked asynchronously.
 *
 * @throws Error for a destination that is not run locally
 */
export function readAsyncFunctions(template: StackTemplate): readonly AsyncFunction[] {
  const configs = new Map(
    template.resources('AWS::Lambda::EventInvokeConfig').map(({ properties }) => {
      return [template.referred('AWS::Lambda::Function', properties['FunctionName']).logicalId, properties];
    }),
  );
  return template.resources('AWS::Lambda::Function').map(({ logicalId, name, properties }) => {
    const config: InvokeConfig = configs.get(logicalId) ?? {};
    const { OnFailure, OnSuccess } = config.DestinationConfig ?? {};
    if (properties['DeadLetterConfig'] ?? OnSuccess) {
      throw new Error(`Of a function only the onFailure destination is run locally: ${name} has another`);
    }
    return {
      name,
      arn: String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] })),
      roleArn: String(template.resolve(properties['Role'])),
      retryPolicy: {
        maximumRetryAttempts: config.MaximumRetryAttempts ?? DEFAULT_RETRY_ATTEMPTS,
        maximumEventAgeInSeconds: config.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE_SECONDS,
      },
      ...(OnFailure && { onFailure: queueArn(template, OnFailure.Destination) }),
    };
  });
}

function queueArn(template: StackTemplate, reference: unknown): string {
  const { logicalId } = template.referred('AWS::SQS::Queue', reference);
  return String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
}
