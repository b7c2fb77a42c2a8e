import { localArn, type ResourceTypes } from '../template/resource-types.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { AsyncFunction } from './async-invocations.ts';
import type { FunctionDefinition } from './sandbox.ts';

/** The functions, and where their logs go, which only policies name. */
export const LAMBDA_RESOURCES: ResourceTypes = {
  'AWS::Lambda::Function': ({ name }) => ({ Ref: name, Arn: localArn('lambda', `function:${name}`) }),
  'AWS::Logs::LogGroup': ({ name }) => ({ Ref: name, Arn: localArn('logs', `log-group:${name}:*`) }),
};

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
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

/** What the Lambda runtime would add to the environment of a function that has this role. */
export type RuntimeEnvironment = (roleArn: string) => Readonly<Record<string, string>>;

/**
 * The stack's functions.
 *
 * @throws UnsupportedTemplateError for a function without a bundle
 */
export function readFunctions(
  template: StackTemplate,
  runtime: RuntimeEnvironment,
): readonly FunctionDefinition[] {
  return template
    .resources('AWS::Lambda::Function')
    .map((resource) => readFunction(template, resource, runtime));
}

function readFunction(
  template: StackTemplate,
  { logicalId, name, asset, properties }: Resource,
  runtime: RuntimeEnvironment,
): FunctionDefinition {
  if (asset === undefined)
    throw new UnsupportedTemplateError(`The function ${name} has no asset in the template`);
  const environment = properties['Environment'] as { Variables?: Record<string, unknown> } | undefined;
  const memoryMb = Number(properties['MemorySize'] ?? DEFAULT_MEMORY_MB);
  return {
    name,
    arn: String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] })),
    directory: asset,
    handler: String(properties['Handler']),
    memoryMb,
    timeoutSeconds: Number(properties['Timeout'] ?? DEFAULT_TIMEOUT_SECONDS),
    environment: {
      ...runtime(String(template.resolve(properties['Role']))),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      ...(template.resolve(environment?.Variables ?? {}) as Record<string, string>),
    },
  };
}

/**
 * How the stack's functions are invoked asynchronously.
 *
 * @throws UnsupportedTemplateError for a destination that is not run locally
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
      throw new UnsupportedTemplateError(
        `Of a function only the onFailure destination is run locally: ${name} has another`,
      );
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
