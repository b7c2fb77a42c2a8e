import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/** The stack's resources that a redrive reads and writes: its event bus, failure bucket and poison queue. */
export interface RedriveTargets {
  readonly bus: string;
  readonly bucket: string;
  /** The queue's URL. */
  readonly queue: string;
}

/** Reads the targets from a stack's outputs. @throws Error if there is no such stack, or if it lacks one of the outputs */
export async function readStackOutputs(StackName: string): Promise<RedriveTargets> {
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
