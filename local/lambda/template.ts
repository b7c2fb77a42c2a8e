import { localArn, type ResourceTypes } from '../template/resource-types.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import type { FunctionDefinition } from './sandbox.ts';

/** The functions, and where their logs go, which only policies name. */
export const LAMBDA_RESOURCES: ResourceTypes = {
  'AWS::Lambda::Function': ({ name }) => ({ Ref: name, Arn: localArn('lambda', `function:${name}`) }),
  'AWS::Logs::LogGroup': ({ name }) => ({ Ref: name, Arn: localArn('logs', `log-group:${name}:*`) }),
};

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** What the Lambda runtime would add to the environment of a function that has this role. */
export type RuntimeEnvironment = (roleArn: string) => Readonly<Record<string, string>>;

/** The stack's functions. */
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
  if (asset === undefined) throw new Error(`The function ${name} has no asset in the template`);
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
