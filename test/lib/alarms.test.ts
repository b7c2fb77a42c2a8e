import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { marshall } from '@aws-sdk/util-dynamodb';
import { App, type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test, vi } from 'vitest';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { bundle } from '../../lib/bundle.ts';
import type { FunctionName } from '../../lib/function-names.ts';
import { RawStorage } from '../../lib/raw-storage.ts';
import { apiEvent } from '../support/api-event.ts';
import { presignedRecord } from '../support/asset-records.ts';
import { startAws } from '../support/aws.ts';
import { functionNamed, resource, synth, withStack } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const template = synth();
const alarm = (id: string) => resource(template, ALARM, `Alarms${id}`).properties;

const publisher = {
  Name: 'FunctionName',
  Value: { Ref: functionNamed(template, 'publish-events').logicalId },
};
const authorizer = {
  Name: 'FunctionName',
  Value: { Ref: functionNamed(template, 'authorizer').logicalId },
};
const mapping = {
  Name: 'EventSourceMappingUUID',
  Value: { Ref: resource(template, 'AWS::Lambda::EventSourceMapping', 'PublisherPublish').logicalId },
};
const settleMapping = {
  Name: 'EventSourceMappingUUID',
  Value: {
    Ref: resource(template, 'AWS::Lambda::EventSourceMapping', 'SettlementSettleDynamoDB').logicalId,
  },
};
const poisonQueue = resource(template, 'AWS::SQS::Queue', 'PublisherPoison').logicalId;
const assetsFunction = { Name: 'FunctionName', Value: { Ref: functionNamed(template, 'assets').logicalId } };
const settle = { Name: 'FunctionName', Value: { Ref: functionNamed(template, 'settle').logicalId } };
const arrivals = resource(template, 'AWS::SQS::Queue', 'SettlementArrivalQueue').logicalId;
const arrivalDeadLetters = resource(template, 'AWS::SQS::Queue', 'SettlementArrivalDeadLetters').logicalId;
const settleFailures = resource(template, 'AWS::S3::Bucket', 'SettlementFailureBucket').logicalId;
const failureBucket = resource(template, 'AWS::S3::Bucket', 'PublisherFailureBucket').logicalId;

test.each([
  ['IssuerKeys', 'NexusRawStorage', 'KeyFetchFailures', [authorizer], 'Sum', 0, 300, [2, 3]],
  ['IteratorAge', 'AWS/Lambda', 'IteratorAge', [publisher], 'Maximum', 600_000, 300, [3, 3]],
  ['EventAge', 'NexusRawStorage', 'EventAge', [publisher], 'p99', 60_000, 300, [3, 3]],
  ['FailedEntries', 'NexusRawStorage', 'FailedEntries', [publisher], 'Sum', 0, 300, [3, 3]],
  ['PublisherErrors', 'AWS/Lambda', 'Errors', [publisher], 'Sum', 0, 300, [3, 3]],
  ['PublisherThrottles', 'AWS/Lambda', 'Throttles', [publisher], 'Sum', 0, 300, [3, 3]],
  [
    'PoisonQueue',
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [poisonQueue, 'QueueName'] } }],
    'Maximum',
    0,
    300,
    [1, 1],
  ],
  [
    'GivenUpRecords',
    'AWS/Lambda',
    'OnFailureDestinationDeliveredEventCount',
    [mapping],
    'Sum',
    0,
    3600,
    [1, 24],
  ],
  [
    'FailureBucket',
    'AWS/S3',
    'NumberOfObjects',
    [
      { Name: 'BucketName', Value: { Ref: failureBucket } },
      { Name: 'StorageType', Value: 'AllStorageTypes' },
    ],
    'Maximum',
    0,
    86_400,
    [1, 2],
  ],
  ['ForeignRows', 'NexusRawStorage', 'ForeignRows', [assetsFunction], 'Sum', 0, 300, [1, 1]],
  ['SettleErrors', 'AWS/Lambda', 'Errors', [settle], 'Sum', 0, 300, [3, 3]],
  [
    'SettleQueueAge',
    'AWS/SQS',
    'ApproximateAgeOfOldestMessage',
    [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [arrivals, 'QueueName'] } }],
    'Maximum',
    3600,
    300,
    [3, 3],
  ],
  ['SettleIteratorAge', 'AWS/Lambda', 'IteratorAge', [settle], 'Maximum', 3_600_000, 300, [3, 3]],
  [
    'SettleDeadLetters',
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [arrivalDeadLetters, 'QueueName'] } }],
    'Maximum',
    0,
    300,
    [1, 1],
  ],
  [
    'SettleFailureBucket',
    'AWS/S3',
    'NumberOfObjects',
    [
      { Name: 'BucketName', Value: { Ref: settleFailures } },
      { Name: 'StorageType', Value: 'AllStorageTypes' },
    ],
    'Maximum',
    0,
    86_400,
    [1, 2],
  ],
  ['DroppedRecords', 'AWS/Lambda', 'DroppedEventCount', [mapping], 'Sum', 0, 3600, [1, 24]],
  [
    'SettleGivenUpRecords',
    'AWS/Lambda',
    'OnFailureDestinationDeliveredEventCount',
    [settleMapping],
    'Sum',
    0,
    3600,
    [1, 24],
  ],
  ['SettleDroppedRecords', 'AWS/Lambda', 'DroppedEventCount', [settleMapping], 'Sum', 0, 3600, [1, 24]],
])(
  '%s goes off above its threshold, and not for lack of data',
  (id, namespace, name, dimensions, statistic, threshold, period, [bad, of]) => {
    const { Statistic, ExtendedStatistic, ...properties } = alarm(id);
    expect(properties).toMatchObject({
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensions,
      Threshold: threshold,
      Period: period,
      DatapointsToAlarm: bad,
      EvaluationPeriods: of,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(Statistic ?? ExtendedStatistic).toBe(statistic);
    expect(properties).not.toHaveProperty('AlarmActions');
  },
);

const api = resource(template, 'AWS::ApiGatewayV2::Api');
const fn = (name: FunctionName) => ({
  Name: 'FunctionName',
  Value: { Ref: functionNamed(template, name).logicalId },
});

test.each([
  ['ApiErrors', 'AWS/ApiGateway', '5xx', [{ Name: 'ApiId', Value: { Ref: api.logicalId } }]],
  ['AuthorizerErrors', 'AWS/Lambda', 'Errors', [fn('authorizer')]],
  ['PresignUploadErrors', 'AWS/Lambda', 'Errors', [fn('presign-upload')]],
  ['RegisterErrors', 'AWS/Lambda', 'Errors', [fn('register')]],
  ['AssetsErrors', 'AWS/Lambda', 'Errors', [fn('assets')]],
])('%s goes off where it is seen in two of three times 5 minutes', (id, namespace, name, dimensions) => {
  expect(alarm(id)).toMatchObject({
    Namespace: namespace,
    MetricName: name,
    Dimensions: dimensions,
    Statistic: 'Sum',
    ...TWICE,
  });
});

const TWICE = {
  Threshold: 0,
  DatapointsToAlarm: 2,
  EvaluationPeriods: 3,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
};

/** What an alarm's expression is made of. */
function addendsOf(id: string) {
  const { Metrics, ...properties } = alarm(id);
  expect(properties).toMatchObject(TWICE);
  const [sum, ...addends] = Metrics;
  expect(sum.Expression).toBe(addends.map(({ Id }: { Id: string }) => `FILL(${Id}, 0)`).join(' + '));
  return addends.map(({ MetricStat: { Metric, Period, Stat } }: Addend) => {
    expect({ Period, Stat }).toEqual({ Period: 300, Stat: 'Sum' });
    return [Metric.Namespace, Metric.MetricName, Metric.Dimensions];
  });
}

interface Addend {
  readonly MetricStat: {
    readonly Metric: { Namespace: string; MetricName: string; Dimensions: object[] };
    readonly Period: number;
    readonly Stat: string;
  };
}

test('TableThrottles watches reads and writes', () => {
  const table = { Name: 'TableName', Value: { Ref: resource(template, 'AWS::DynamoDB::Table').logicalId } };
  expect(addendsOf('TableThrottles')).toEqual([
    ['AWS/DynamoDB', 'ReadThrottleEvents', [table]],
    ['AWS/DynamoDB', 'WriteThrottleEvents', [table]],
  ]);
});

test('TenantSessions watches every function that has them', () => {
  expect(addendsOf('TenantSessions')).toEqual(
    (['presign-upload', 'register', 'assets', 'settle'] as const).map((name) => [
      'NexusRawStorage',
      'TenantSessionFailures',
      [fn(name)],
    ]),
  );
});

test('the API that is somebody else’s is theirs to watch', () => {
  const stack = new Stack(
    new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false }),
    'Stack',
  );
  new RawStorage(stack, 'Storage', {
    issuer: 'https://issuer.example',
    audience: 'nexus',
    httpApi: new HttpApi(stack, 'Theirs'),
  });
  const ids = Object.keys(Template.fromStack(stack).findResources(ALARM));
  expect(ids.length).toBe(24);
  expect(ids.join()).not.toContain('ApiErrors');
});

test.each(['PublisherPublish', 'SettlementSettleDynamoDB'])(
  'the mapping counts what it gives up: %s',
  (prefix) => {
    expect(resource(template, 'AWS::Lambda::EventSourceMapping', prefix).properties).toMatchObject({
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  },
);

/** The stack, and a subscription that is watched. */
const watched = withStack({}, (app, stack) => {
  const { alarms, bus } = stack.storage;
  alarms.watch(bus.onRawAssetRegistered('Billing', { target: new SqsQueue(new Queue(stack, 'Target')) }));
  return Template.fromJSON(app.synth().getStackArtifact(stack.artifactId).template);
});

test('a subscription is watched by its dead-letter queue', () => {
  const queue = resource(watched, 'AWS::SQS::Queue', 'EventBusBillingDeadLetterQueue');
  expect(resource(watched, ALARM, 'AlarmsBillingDeadLetters').properties).toMatchObject({
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue.logicalId, 'QueueName'] } }],
    Threshold: 0,
  });
});

test('a subscription that has no dead-letter queue of its own cannot be watched', () => {
  withStack({}, (_, stack) => {
    const [queue, deadLetterQueue] = [new Queue(stack, 'Target'), new Queue(stack, 'DeadLetters')];
    const { bus, alarms } = stack.storage;
    const rule = bus.onRawAssetRegistered('Billing', { target: new SqsQueue(queue, { deadLetterQueue }) });
    expect(() => alarms.watch(rule)).toThrow('Billing has no dead-letter queue of its own to watch');
  });
});

test('the thresholds of age are settings', () => {
  const custom = synth({ iteratorAgeThreshold: Duration.hours(1), eventAgeThreshold: Duration.seconds(5) });
  expect(resource(custom, ALARM, 'AlarmsIteratorAge').properties.Threshold).toBe(3_600_000);
  expect(resource(custom, ALARM, 'AlarmsEventAge').properties.Threshold).toBe(5_000);
});

test('every alarm tells when it goes off and when it ends, subscriptions included', () => {
  const stack = new Stack(
    new App({
      outdir: temporaryDirectory(),
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
    }),
    'Stack',
  );
  const topic = new Topic(stack, 'Topic');
  const { alarms, bus } = new RawStorage(stack, 'Storage', {
    issuer: 'https://issuer.example',
    audience: 'nexus',
    alarmActions: [new SnsAction(topic)],
  });
  alarms.watch(bus.onRawAssetRegistered('Billing', { target: new SqsQueue(new Queue(stack, 'Target')) }));
  const told = Template.fromStack(stack).findResources(ALARM);
  expect(Object.keys(told)).toHaveLength(26);
  const Ref = stack.getLogicalId(topic.node.defaultChild as CfnElement);
  for (const { Properties } of Object.values(told)) {
    expect(Properties).toMatchObject({ AlarmActions: [{ Ref }], OKActions: [{ Ref }] });
  }
});

test('an address is told by e-mail, encrypted, of the alarms of this account alone', () => {
  const custom = synth({ alarmEmail: 'ops@example.com' });
  const topic = resource(custom, 'AWS::SNS::Topic');
  const key = resource(custom, 'AWS::KMS::Key');
  const ownAlarms = {
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  };
  expect(resource(custom, 'AWS::SNS::Subscription').properties).toMatchObject({
    Protocol: 'email',
    Endpoint: 'ops@example.com',
    TopicArn: { Ref: topic.logicalId },
  });
  expect(topic.properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key.logicalId, 'Arn'] });
  expect(key.properties).toMatchObject({ EnableKeyRotation: true });
  expect(key.properties.KeyPolicy.Statement).toContainEqual({
    ...ownAlarms,
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
  });
  expect(resource(custom, 'AWS::SNS::TopicPolicy').properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    { Sid: 'OwnAlarms', ...ownAlarms, Action: 'sns:Publish', Resource: { Ref: topic.logicalId } },
  ]);
  const alarms = Object.values(custom.findResources(ALARM));
  expect(alarms.length).toBe(25);
  for (const { Properties } of alarms) {
    expect(Properties).toMatchObject({
      AlarmActions: [{ Ref: topic.logicalId }],
      OKActions: [{ Ref: topic.logicalId }],
    });
  }
  template.resourceCountIs('AWS::SNS::Topic', 0);
  expect(() => synth({ alarmEmail: 'ops' })).toThrow(
    'Invalid alarmEmail "ops": it must be an e-mail address',
  );
});

const runbook = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

test('every alarm names its section of the runbook, and every section has an alarm', () => {
  const named = Object.values(watched.findResources(ALARM)).map(
    ({ Properties }) =>
      /^\S.+\. Runbook: docs\/operations\.md#([\w-]+)$/.exec(Properties.AlarmDescription)?.[1],
  );
  const [, alarms = ''] = runbook.split(/^## Alarms$/m);
  const sections = [...alarms.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  expect([...new Set(named)].sort()).toEqual([...sections].sort());
});

test('an e-mail can open the runbook: its address is a setting', () => {
  const runbookUrl = 'https://wiki.example/nexus/operations?page=1';
  const custom = synth({ runbookUrl });
  expect(resource(custom, ALARM, 'AlarmsEventAge').properties.AlarmDescription).toBe(
    `Events reach the bus late. Runbook: ${runbookUrl}#event-age`,
  );
});

test.each(['operations.md', 'https://wiki.example/#nexus', 'https://', 'https://wiki.example/a page'])(
  'the runbook is not at %s',
  (runbookUrl) => {
    expect(() => synth({ runbookUrl })).toThrow(`Invalid runbookUrl "${runbookUrl}"`);
  },
);

test('the README says how many alarms there are, and on how many metrics: each is paid for', () => {
  const alarms = Object.values(template.findResources(ALARM));
  const metrics = alarms.flatMap(({ Properties: { Metrics } }) =>
    Metrics ? Metrics.filter((metric: { MetricStat?: object }) => metric.MetricStat) : ['its own'],
  );
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`${alarms.length} alarms on ${metrics.length} metrics`);
});

test('the runbook links only to its own sections', () => {
  const anchors = [...runbook.matchAll(/^##+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  const links = [...runbook.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !anchors.includes(link.slice(1)))).toEqual([]);
});

/** As GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

test('the bundle writes the metrics that the alarms read', async () => {
  const aws = await startAws({ as: 'publish-events' });
  try {
    const [refused, taken] = [presignedRecord(), presignedRecord()];
    vi.spyOn(aws.putEvents, 'handle').mockImplementation(async (input) => {
      const { Entries } = input as { Entries: { Detail: string }[] };
      const isRefused = ({ Detail }: { Detail: string }) => Detail.includes(refused.asset.asset_id);
      return {
        FailedEntryCount: Entries.filter(isRefused).length,
        Entries: Entries.map((entry) =>
          isRefused(entry) ? { ErrorCode: 'InternalFailure' } : { EventId: 'e' },
        ),
      };
    });
    const written = await runPublisher([refused, taken]);
    expect(written.map(({ name }) => name).sort()).toEqual(['EventAge', 'FailedEntries']);
    for (const metric of written) expectReadBy(metric.name, metric);
  } finally {
    vi.restoreAllMocks();
    await aws.close();
  }
});

test('the authorizer’s bundle writes the metric that its alarm reads', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256' })}.${part({})}.AAAA`;
  vi.stubEnv('JWT_ISSUER', 'http://127.0.0.1:1');
  for (const [name, value] of Object.entries({
    JWT_AUDIENCE: 'x',
    TENANT_CLAIM: 'x',
    SCOPE_CLAIM: 'x',
    DEFAULT_ENV: 'x',
  }))
    vi.stubEnv(name, value);
  const event = { headers: { authorization: `Bearer ${token}` }, requestContext: {} };
  const written = await run('authorizer', event, authorizer.Value.Ref);
  vi.unstubAllEnvs();
  expect(written).toHaveLength(1);
  for (const metric of written) expectReadBy('IssuerKeys', metric);
});

test('a bundle that cannot have a tenant’s session writes the metric that its alarm reads', async () => {
  const environment = {
    ASSET_TABLE: 'x',
    TENANT_ROLE_ARN: 'arn:aws:iam::111122223333:role/tenant',
    MAX_UPLOAD_BYTES: '1',
    MAX_HASH_BYTES: '1',
    UPLOAD_EXPIRY_SECONDS: '1',
    DELETE_RETENTION_DAYS: '0',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const event = apiEvent(undefined, {
    routeKey: 'GET /nexus/raw/{asset_id}',
    pathParameters: { asset_id: randomUUID() },
  });
  const assets = fn('assets');
  const written = await run('assets', event, assets.Value.Ref);
  vi.unstubAllEnvs();
  const failures = written.find(({ name }) => name === 'TenantSessionFailures');
  expect(addendsOf('TenantSessions')).toContainEqual([
    failures?.namespace,
    failures?.name,
    [{ Name: 'FunctionName', Value: { Ref: assets.Value.Ref } }],
  ]);
  expect(failures?.dimensions).toEqual([{ Name: 'FunctionName', Value: assets.Value.Ref }]);
});

function expectReadBy(id: string, { name, namespace, dimensions }: WrittenMetric) {
  const { Namespace, MetricName, Dimensions } = alarm(id);
  expect({ namespace, name }).toEqual({ namespace: Namespace, name: MetricName });
  expect(dimensions).toEqual(
    Dimensions.map(({ Name, Value }: { Name: string; Value: { Ref: string } }) => ({
      Name,
      Value: Value.Ref,
    })),
  );
}

function runPublisher(assets: readonly AssetRecord[]) {
  const Records = assets.map((record, index) => ({
    eventName: 'INSERT',
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      NewImage: marshall(toItem(record)),
      SequenceNumber: String(index),
    },
  }));
  return run('publish-events', { Records }, publisher.Value.Ref);
}

/** Runs a function's bundle in a process of its own, named by its logical id. @returns the metrics that it writes */
async function run(name: FunctionName, event: object, functionName: string) {
  const directory = temporaryDirectory();
  // Away from this package's package.json, which would make an ES module of it: on Lambda there is none.
  copyFileSync(join(bundle(name), 'index.js'), join(directory, 'index.js'));
  const call =
    'require("./index.js").handler(JSON.parse(process.argv[1]), { getRemainingTimeInMillis: () => 60_000 })';
  const child = spawn(process.execPath, ['-e', call, JSON.stringify(event)], {
    cwd: directory,
    env: { ...process.env, AWS_LAMBDA_FUNCTION_NAME: functionName },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = (await text(child.stdout))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.map(
      ({ Namespace, Dimensions: [names], Metrics: [{ Name }] }: EmbeddedMetric) => ({
        namespace: Namespace,
        name: Name,
        dimensions: names.map((name) => ({ Name: name, Value: line[name] })),
      }),
    ),
  ) as WrittenMetric[];
}

interface WrittenMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: object[];
}

interface EmbeddedMetric {
  readonly Namespace: string;
  readonly Dimensions: readonly [readonly string[]];
  readonly Metrics: readonly [{ readonly Name: string }];
}
