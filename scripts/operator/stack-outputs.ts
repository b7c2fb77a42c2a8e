import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/**
 * Reads the outputs of a stack.
 *
 * @param keys of the outputs, by the names that the values get
 * @throws Error if there is no such stack, or if it lacks one of the outputs
 */
export async function readStackOutputs<TName extends string>(
  StackName: string,
  keys: Readonly<Record<TName, string>>,
): Promise<Record<TName, string>> {
  const { Stacks = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName }));
  const outputs = new Map(Stacks[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const values = Object.entries<string>(keys).map(([name, key]) => {
    const value = outputs.get(key);
    if (value !== undefined) return [name, value];
    const options = Object.keys(keys).map((option) => `--${option}`);
    throw new Error(`${StackName} has no output ${key}: give ${options.join(', ')} in place of --stack`);
  });
  return Object.fromEntries(values);
}
