import { readFileSync } from 'node:fs';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { RawAssetRule, type RawAssetRuleProps } from '../../lib/raw-asset-rule.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { readPattern } from '../../local/event-pattern/pattern.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const target: events.IRuleTarget = { bind: () => ({ arn: 'arn:aws:sqs:us-east-1:000000000000:mine' }) };

function stackWithRule(props: Partial<RawAssetRuleProps> = {}, scope = newStack()) {
  const bus = events.EventBus.fromEventBusName(scope, 'Bus', 'nexus');
  const rule = new RawAssetRule(scope, 'Rule', { bus, eventType: 'raw_asset_registered', target, ...props });
  return { rule, stack: scope };
}

function newStack(): Stack {
  return new Stack(
    new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false }),
    'Stack',
  );
}

function patternOf(props: Partial<RawAssetRuleProps>) {
  const [rule] = Object.values(
    Template.fromStack(stackWithRule(props).stack).findResources('AWS::Events::Rule'),
  );
  return rule?.['Properties'].EventPattern;
}

const ignoringCase = (text: string) => ({ 'equals-ignore-case': text });

test('takes every event of its type from the bus where nothing narrows it', () => {
  const { stack } = stackWithRule({ eventType: 'raw_asset_presigned' });
  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'nexus',
    EventPattern: { source: ['nexus.raw-storage'], 'detail-type': ['raw_asset_presigned'] },
  });
});

test('refuses a pattern that EventBridge does not take, before anything is deployed (eb-quota)', () => {
  const tenants = Array.from({ length: 60 }, (_, index) => `tenant-${String(index).padStart(20, '0')}`);
  expect(patternOf({ tenants })).toBeDefined();
  expect(() => stackWithRule({ tenants: [...tenants, ...tenants.map((id) => `${id}x`)] })).toThrow(
    new SettingError(
      'Invalid pattern of Rule: it has 3756 characters, and EventBridge takes 2048: split it into several rules',
    ),
  );
});

test.each<[string, Partial<RawAssetRuleProps>, object]>([
  ['tenants', { tenants: ['t_a', 't_b'] }, { tenant_id: ['t_a', 't_b'] }],
  ['environments', { envs: ['prod'] }, { env: ['prod'] }],
  [
    'a media type, with parameters or none',
    { contentTypes: ['text/csv'] },
    { asset: { content_type: [ignoringCase('text/csv'), { prefix: ignoringCase('text/csv;') }] } },
  ],
  [
    'a kind of media types',
    { contentTypes: ['image/*'] },
    { asset: { content_type: [{ prefix: ignoringCase('image/') }] } },
  ],
  [
    'ends of filenames',
    { filenameSuffixes: ['.csv', '.tsv'] },
    { asset: { filename: [{ suffix: ignoringCase('.csv') }, { suffix: ignoringCase('.tsv') }] } },
  ],
  ['a least size', { minSizeBytes: 0 }, { asset: { size_bytes: [{ numeric: ['>=', 0] }] } }],
  ['a largest size', { maxSizeBytes: 5e9 }, { asset: { size_bytes: [{ numeric: ['<=', 5e9] }] } }],
  [
    'all at once',
    { tenants: ['t_a'], envs: ['dev', 'prod'], filenameSuffixes: ['.z'], minSizeBytes: 1, maxSizeBytes: 1 },
    {
      tenant_id: ['t_a'],
      env: ['dev', 'prod'],
      asset: { filename: [{ suffix: ignoringCase('.z') }], size_bytes: [{ numeric: ['=', 1] }] },
    },
  ],
])('narrows by %s', (_, filter, detail) => {
  expect(patternOf(filter)).toEqual({
    source: ['nexus.raw-storage'],
    'detail-type': ['raw_asset_registered'],
    detail,
  });
});

test('an erased asset passes a filter of tenants and envs, and none of what it was', () => {
  const [retained, erased] = ['raw_asset_purged', 'raw_asset_purged.erased'].map((name) =>
    JSON.parse(readFileSync(`docs/events/1.0/${name}.example.json`, 'utf8')),
  );
  const passes = (filter: Partial<RawAssetRuleProps>) => {
    const pattern = readPattern(patternOf({ ...filter, eventType: 'raw_asset_purged' }));
    return [retained, erased].map((event) => pattern.matches(event));
  };
  expect(passes({ tenants: ['t_acme'], envs: ['prod'] })).toEqual([true, true]);
  expect(passes({ contentTypes: ['text/*'] })).toEqual([true, false]);
  expect(passes({ filenameSuffixes: ['.csv'] })).toEqual([true, false]);
  expect(passes({ minSizeBytes: 0 })).toEqual([true, false]);
});

test('a tenant may be a parameter of the deployment', () => {
  const stack = newStack();
  const tenant = stack.formatArn({ service: 's', resource: 'r' });
  expect(() => stackWithRule({ tenants: [tenant] }, stack)).not.toThrow();
});

test.each<[Partial<RawAssetRuleProps>, string]>([
  [
    { tenants: [] },
    'Invalid tenants []: it must be a list of tenant ids, each 2 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
  ],
  [
    { tenants: ['a/b'] },
    'Invalid tenants ["a/b"]: it must be a list of tenant ids, each 2 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
  ],
  [
    { envs: [] },
    'Invalid envs []: it must be a list of envs, each 1 to 16 of a-z 0-9 -, beginning with a letter or digit',
  ],
  [
    { envs: ['Test'] },
    'Invalid envs ["Test"]: it must be a list of envs, each 1 to 16 of a-z 0-9 -, beginning with a letter or digit',
  ],
  [
    { contentTypes: ['csv'] },
    'Invalid contentTypes ["csv"]: it must be a list of media types such as text/csv or image/*',
  ],
  [
    { contentTypes: ['*/*'] },
    'Invalid contentTypes ["*/*"]: it must be a list of media types such as text/csv or image/*',
  ],
  [
    { filenameSuffixes: [''] },
    'Invalid filenameSuffixes [""]: it must be a list of ends of filenames such as .csv',
  ],
  [{ minSizeBytes: -1 }, 'Invalid minSizeBytes -1: it must be a whole number of 0 to 5000000000'],
  [{ minSizeBytes: 0.5 }, 'Invalid minSizeBytes 0.5: it must be a whole number of 0 to 5000000000'],
  [
    { maxSizeBytes: 5e9 + 1 },
    'Invalid maxSizeBytes 5000000001: it must be a whole number of 0 to 5000000000',
  ],
  [{ minSizeBytes: 2, maxSizeBytes: 1 }, 'Invalid minSizeBytes 2: it is over maxSizeBytes, 1'],
])('refuses %j', (filter, message) => {
  expect(() => stackWithRule(filter)).toThrow(new SettingError(message));
});

test('an env that none can be is refused', () => {
  for (const env of ['', 'Production', 'a_b', 'a'.repeat(17)])
    expect(() => patternOf({ envs: [env] })).toThrow(SettingError);
});

test('a filter that is not one does not compile', () => {
  // @ts-expect-error one value where a list is due
  expect(() => patternOf({ envs: 'prod' })).toThrow();
  // @ts-expect-error a size is a number
  expect(() => patternOf({ minSizeBytes: '1' })).toThrow(SettingError);
  // @ts-expect-error no such event
  patternOf({ eventType: 'raw_asset_lost' });
  // @ts-expect-error a pattern of one's own is an events.Rule's
  expect(patternOf({ eventPattern: { detail: {} } })).not.toHaveProperty('detail');
});

test('what cannot be handed to the target is tried again for a day, then kept in a queue that only the rule may send to', () => {
  const stack = newStack();
  const subscriber = sqs.Queue.fromQueueArn(stack, 'Mine', 'arn:aws:sqs:us-east-1:000000000000:mine');
  stackWithRule({ target: new targets.SqsQueue(subscriber) }, stack);
  const template = Template.fromStack(stack);
  const [queue = ''] = Object.keys(template.findResources('AWS::SQS::Queue'));
  const [rule = ''] = Object.keys(template.findResources('AWS::Events::Rule'));
  const queueArn = { 'Fn::GetAtt': [queue, 'Arn'] };
  template.hasResourceProperties('AWS::Events::Rule', {
    Targets: [
      Match.objectLike({
        DeadLetterConfig: { Arn: queueArn },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      }),
    ],
  });
  template.hasResourceProperties('AWS::SQS::Queue', {
    MessageRetentionPeriod: 14 * 86_400,
    SqsManagedSseEnabled: true,
  });
  template.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        {
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 'events.amazonaws.com' },
          Resource: queueArn,
          Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule, 'Arn'] } } },
        },
      ]),
    }),
  });
});

test('takes a queue and a retry policy from the subscriber', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Mine');
  const { rule } = stackWithRule(
    { deadLetterQueue: queue, retryAttempts: 3, maxEventAge: Duration.hours(1), description: 'mine' },
    stack,
  );
  expect(rule.deadLetterQueue).toBe(queue);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SQS::Queue', 1);
  template.hasResourceProperties('AWS::Events::Rule', {
    Description: 'mine',
    Targets: [
      Match.objectLike({
        DeadLetterConfig: { Arn: stack.resolve(queue.queueArn) },
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
      }),
    ],
  });
});

test("leaves a target's own dead-letter queue and retry policy to it", () => {
  const stack = newStack();
  const [queue, deadLetterQueue] = [new sqs.Queue(stack, 'Queue'), new sqs.Queue(stack, 'Dead')];
  const { rule } = stackWithRule(
    { target: new targets.SqsQueue(queue, { deadLetterQueue, retryAttempts: 3 }) },
    stack,
  );
  expect(rule.deadLetterQueue).toBeUndefined();
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SQS::Queue', 2);
  template.hasResourceProperties('AWS::Events::Rule', {
    Targets: [
      Match.objectLike({
        DeadLetterConfig: { Arn: stack.resolve(deadLetterQueue.queueArn) },
        RetryPolicy: { MaximumRetryAttempts: 3 },
      }),
    ],
  });
});

test('cdk-nag finds nothing', () => {
  const { stack } = stackWithRule();
  expect(new AwsSolutionsChecks().validateScope(stack).violations).toEqual([]);
});
