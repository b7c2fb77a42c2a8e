import {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListEventBusesCommand, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../../local/cloud.ts';
import { Client } from '../../e2e/client.ts';

// What one types first at the AWS endpoint, as `aws s3 ls` and its kin send it.

let cloud: Cloud;
let asset_id: string;
let config: {
  endpoint: string;
  region: string;
  credentials: Cloud['iam']['administrator'];
  maxAttempts: number;
};

beforeAll(async () => {
  cloud = await startCloud();
  const { awsUrl: endpoint, region, iam } = cloud;
  config = { endpoint, region, credentials: iam.administrator, maxAttempts: 1 };
  asset_id = await (await Client.for(cloud)).uploaded('a.txt', 'abc');
});
afterAll(() => cloud?.close());

test('aws sts get-caller-identity tells who one is', async () => {
  const sts = new STSClient(config);
  expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({
    Account: '000000000000',
    Arn: expect.stringContaining('administrator'),
  });
});

test('aws s3 ls lists the buckets', async () => {
  const { Buckets } = await new S3Client(config).send(new ListBucketsCommand());
  expect(Buckets?.map(({ Name }) => Name)).toContain(cloud.names.bucket);
  expect(Buckets?.[0]?.CreationDate).toBeInstanceOf(Date);
});

test('aws s3 ls s3://bucket/ lists by delimiter, page by page', async () => {
  const client = await Client.for(cloud, { tenant_id: 't_other' });
  await client.uploaded('b.txt', 'b');
  const s3 = new S3Client(config);
  const list = (input: object) =>
    s3.send(new ListObjectsV2Command({ Bucket: cloud.names.bucket, Delimiter: '/', ...input }));
  const root = await list({});
  expect([root.Contents, root.CommonPrefixes, root.KeyCount]).toEqual([
    undefined,
    [{ Prefix: 'tenants/' }],
    1,
  ]);
  const first = await list({ Prefix: 'tenants/', MaxKeys: 1 });
  expect([first.CommonPrefixes, first.IsTruncated]).toEqual([[{ Prefix: 'tenants/t_demo/' }], true]);
  const ContinuationToken = first.NextContinuationToken;
  const second = await list({ Prefix: 'tenants/', MaxKeys: 1, ContinuationToken });
  expect([second.CommonPrefixes, second.IsTruncated]).toEqual([[{ Prefix: 'tenants/t_other/' }], false]);
  const { Contents, CommonPrefixes } = await list({ Prefix: `tenants/t_demo/dev/raw/${asset_id}/` });
  expect(Contents).toMatchObject([{ Key: expect.stringMatching(/\/a\.txt$/), Size: 3 }]);
  expect(CommonPrefixes).toBeUndefined();
});

test('aws dynamodb list-tables, describe-table and scan show the assets', async () => {
  const dynamodb = new DynamoDBClient(config);
  const { table: TableName } = cloud.names;
  expect(await dynamodb.send(new ListTablesCommand())).toMatchObject({ TableNames: [TableName] });
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableName,
    TableStatus: 'ACTIVE',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true },
  });
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName }));
  const paged: (string | undefined)[] = [];
  for await (const { Items: page = [] } of paginateScan({ client: dynamodb, pageSize: 1 }, { TableName })) {
    expect(page.length).toBeLessThanOrEqual(1);
    paged.push(...page.map(({ pk }) => pk?.S));
  }
  expect(paged).toEqual(Items.map(({ pk }) => pk?.S));
  expect(Items.map(({ asset_id }) => asset_id?.S)).toContain(asset_id);
  expect(Table?.ItemCount).toBe(Items.length);
  const missing = dynamodb.send(new DescribeTableCommand({ TableName: 'missing' }));
  await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('aws sqs list-queues and get-queue-url give URLs that work', async () => {
  const sqs = new SQSClient(config);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand());
  expect(QueueUrls.length).toBe(cloud.services.sqs.queues.size);
  const [QueueName = ''] = cloud.services.sqs.queues.keys();
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  expect(QueueUrls).toContain(QueueUrl);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages).toMatchObject([{ Body: 'hello' }]);
  expect(await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'nobody-s' }))).not.toHaveProperty(
    'QueueUrls',
  );
  const missing = sqs.send(new GetQueueUrlCommand({ QueueName: 'missing' }));
  await expect(missing).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});

test('aws events list-event-buses and list-rules show the stack’s bus beside the account’s', async () => {
  const events = new EventBridgeClient(config);
  const { EventBuses } = await events.send(new ListEventBusesCommand());
  expect(EventBuses?.map(({ Name }) => Name).sort()).toEqual([cloud.names.bus, 'default'].sort());
  const { Rules } = await events.send(new ListRulesCommand({ EventBusName: cloud.names.bus }));
  expect(Rules).toEqual([]);
  const { Rules: ofAws } = await events.send(new ListRulesCommand());
  expect(ofAws).toMatchObject([{ EventBusName: 'default', State: 'ENABLED' }]);
  expect(JSON.parse(ofAws?.[0]?.EventPattern ?? '')).toMatchObject({
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
  });
  const missing = events.send(new ListRulesCommand({ EventBusName: 'missing' }));
  await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a function’s role may type none of it', async () => {
  const credentials = cloud.iam.credentialsOf('arn:aws:iam::000000000000:role/publish-events-role');
  const own = { ...config, credentials };
  const denied = { name: expect.stringMatching(/^AccessDenied/) };
  await expect(new S3Client(own).send(new ListBucketsCommand())).rejects.toMatchObject(denied);
  await expect(new DynamoDBClient(own).send(new ListTablesCommand())).rejects.toMatchObject(denied);
  await expect(new SQSClient(own).send(new ListQueuesCommand())).rejects.toMatchObject(denied);
  await expect(new EventBridgeClient(own).send(new ListRulesCommand())).rejects.toMatchObject(denied);
  expect(await new STSClient(own).send(new GetCallerIdentityCommand())).toMatchObject({
    Account: '000000000000',
  });
});

test('a tenant’s session is told who it is, and may list no buckets, tables or other tenants’ objects', async () => {
  const role = (name: string) => `arn:aws:iam::000000000000:role/${name}-role`;
  const assets = new STSClient({ ...config, credentials: cloud.iam.credentialsOf(role('assets')) });
  const { Credentials, AssumedRoleUser } = await assets.send(
    new AssumeRoleCommand({
      RoleArn: role('tenant'),
      RoleSessionName: 't_demo',
      Tags: [{ Key: 'tenant_id', Value: 't_demo' }],
    }),
  );
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = Credentials ?? {};
  const credentials = { accessKeyId, secretAccessKey, sessionToken: Credentials?.SessionToken ?? '' };
  const own = { ...config, credentials };
  expect(await new STSClient(own).send(new GetCallerIdentityCommand())).toMatchObject({
    Account: '000000000000',
    Arn: 'arn:aws:sts::000000000000:assumed-role/tenant-role/t_demo',
    UserId: AssumedRoleUser?.AssumedRoleId,
  });
  const denied = { name: expect.stringMatching(/^AccessDenied/) };
  const s3 = new S3Client(own);
  await expect(s3.send(new ListBucketsCommand())).rejects.toMatchObject({
    ...denied,
    message: expect.stringContaining('s3:ListAllMyBuckets'),
  });
  const { bucket: Bucket, table: TableName } = cloud.names;
  for (const Prefix of ['', 'tenants/t_other/'])
    await expect(s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).rejects.toMatchObject(denied);
  const dynamodb = new DynamoDBClient(own);
  await expect(dynamodb.send(new ListTablesCommand())).rejects.toMatchObject(denied);
  await expect(dynamodb.send(new ScanCommand({ TableName }))).rejects.toMatchObject(denied);
});
