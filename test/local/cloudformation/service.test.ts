import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REGION } from '../../../local/template/account.ts';
import { FAILURE_BUCKET, roleArn, startAws, type TestAws } from '../../support/aws.ts';

let aws: TestAws;
let client: CloudFormationClient;
beforeAll(async () => {
  aws = await startAws({ as: 'administrator' });
  client = new CloudFormationClient();
});
afterAll(async () => {
  client.destroy();
  await aws.close();
});

const describeStacks = (StackName?: string) => client.send(new DescribeStacksCommand({ StackName }));

test.each(['NexusRawStorage-dev', undefined])(
  'the stack tells its outputs, asked for as %s',
  async (name) => {
    const { Stacks } = await describeStacks(name);
    expect(Stacks).toMatchObject([{ StackName: 'NexusRawStorage-dev', StackStatus: 'CREATE_COMPLETE' }]);
    const outputs = Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]) ?? [];
    expect(Object.fromEntries(outputs)).toEqual({
      RawBucketName: 'raw-bucket',
      AssetTableName: 'asset-table',
      EventBusName: 'event-bus',
      FailureBucketName: FAILURE_BUCKET,
      PoisonQueueUrl: `${aws.url}/000000000000/poison-queue`,
      ArrivalQueueUrl: `${aws.url}/000000000000/arrival-queue`,
    });
  },
);

test('there is no other', async () => {
  await expect(describeStacks('Other')).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'Stack with id Other does not exist',
  });
});

test('no other operation is implemented', async () => {
  await expect(client.send(new ListStacksCommand())).rejects.toMatchObject({ name: 'InvalidAction' });
});

test('a function is told nothing', async () => {
  const credentials = aws.iam.credentialsOf(roleArn('publish-events-role'));
  const other = new CloudFormationClient({ endpoint: aws.url, region: REGION, credentials });
  const described = other.send(new DescribeStacksCommand({ StackName: 'NexusRawStorage-dev' }));
  await expect(described).rejects.toMatchObject({ name: 'AccessDenied' });
  other.destroy();
});
