import type { FunctionDefinition } from '../function-sandbox.ts';
import type { Resource, StackTemplate } from '../template.ts';

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** The stack's functions; `runtime` is what the Lambda runtime would add to each one's environment. */
export function readFunctions(
  template: StackTemplate,
  runtime: Readonly<Record<string, string>>,
): readonly FunctionDefinition[] {
  return template
    .resources('AWS::Lambda::Function')
    .map((resource) => readFunction(template, resource, runtime));
}

function readFunction(
  template: StackTemplate,
  { logicalId, name, asset, properties }: Resource,
  runtime: Readonly<Record<string, string>>,
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
      ...runtime,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      ...(template.resolve(environment?.Variables ?? {}) as Record<string, string>),
    },
  };
}
