import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/** Where events wait, and where they belong. */
export interface Places {
  readonly bus: string;
  readonly bucket: string;
  /** URL. */
  readonly queue: string;
}

/** The places that a stack's outputs name. @throws Error where there is no such stack, or one without these outputs */
export async function placesOfStack(StackName: string): Promise<Places> {
  const { Stacks = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName }));
  const output = (key: string) => {
    const value = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    if (value !== undefined) return value;
    throw new Error(
      `${StackName} has no output ${key}: give --bus, --bucket and --queue in place of --stack`,
    );
  };
  return {
    bus: output('EventBusName'),
    bucket: output('FailureBucketName'),
    queue: output('PoisonQueueUrl'),
  };
}
