import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { marshall } from '@aws-sdk/util-dynamodb';
import { App, type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test, vi } from 'vitest';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { bundle } from '../../lib/bundle.ts';
import { RawStorage } from '../../lib/raw-storage.ts';
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
const mapping = {
  Name: 'EventSourceMappingUUID',
  Value: { Ref: resource(template, 'AWS::Lambda::EventSourceMapping').logicalId },
};
const poisonQueue = resource(template, 'AWS::SQS::Queue').logicalId;
const failureBucket = resource(template, 'AWS::S3::Bucket', 'PublisherFailureBucket').logicalId;

test.each([
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
  ['DroppedRecords', 'AWS/Lambda', 'DroppedEventCount', [mapping], 'Sum', 0, 3600, [1, 24]],
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

test('the mapping counts what it gives up', () => {
  expect(resource(template, 'AWS::Lambda::EventSourceMapping').properties).toMatchObject({
    MetricsConfig: { Metrics: ['EventCount'] },
  });
});

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
  expect(Object.keys(told)).toHaveLength(10);
  const Ref = stack.getLogicalId(topic.node.defaultChild as CfnElement);
  for (const { Properties } of Object.values(told)) {
    expect(Properties).toMatchObject({ AlarmActions: [{ Ref }], OKActions: [{ Ref }] });
  }
});

const runbook = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

test('every alarm names its section of the runbook, and every section has an alarm', () => {
  const named = Object.values(watched.findResources(ALARM)).map(
    ({ Properties }) =>
      /^\S.+\. Runbook: docs\/operations\.md#([\w-]+)$/.exec(Properties.AlarmDescription)?.[1],
  );
  const [, alarms = ''] = runbook.split(/^## Alarms$/m);
  const sections = [...alarms.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  expect([...named].sort()).toEqual([...sections].sort());
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
    for (const { name, namespace, dimensions } of written) {
      const { Namespace, MetricName, Dimensions } = alarm(name);
      expect({ namespace, name }).toEqual({ namespace: Namespace, name: MetricName });
      expect(dimensions).toEqual(
        Dimensions.map(({ Name, Value }: { Name: string; Value: { Ref: string } }) => ({
          Name,
          Value: Value.Ref,
        })),
      );
    }
  } finally {
    vi.restoreAllMocks();
    await aws.close();
  }
});

/** Runs the function's bundle in a process of its own, named by its logical id. @returns the metrics that it writes */
async function runPublisher(assets: readonly AssetRecord[]) {
  const directory = temporaryDirectory();
  // Away from this package's package.json, which would make an ES module of it: on Lambda there is none.
  copyFileSync(join(bundle('publish-events'), 'index.js'), join(directory, 'index.js'));
  const Records = assets.map((record, index) => ({
    eventName: 'INSERT',
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      NewImage: marshall(toItem(record)),
      SequenceNumber: String(index),
    },
  }));
  const call =
    'require("./index.js").handler(JSON.parse(process.argv[1]), { getRemainingTimeInMillis: () => 60_000 })';
  const child = spawn(process.execPath, ['-e', call, JSON.stringify({ Records })], {
    cwd: directory,
    env: { ...process.env, AWS_LAMBDA_FUNCTION_NAME: publisher.Value.Ref },
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
  ) as { namespace: string; name: string; dimensions: object[] }[];
}

interface EmbeddedMetric {
  readonly Namespace: string;
  readonly Dimensions: readonly [readonly string[]];
  readonly Metrics: readonly [{ readonly Name: string }];
}
