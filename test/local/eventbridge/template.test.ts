import { expect, test } from 'vitest';
import { readTables } from '../../../local/dynamodb/template.ts';
import { readRules } from '../../../local/eventbridge/template.ts';
import { readAsyncFunctions } from '../../../local/lambda/template.ts';
import { templateOf as templateOfResources } from '../template-of.ts';

const at = (path: string) => ({ Metadata: { 'aws:cdk:path': `Stack/${path}/Resource` } });
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const resources = {
  bus: { Type: 'AWS::Events::EventBus', ...at('Bus') },
  role: { Type: 'AWS::IAM::Role', ...at('Role') },
  fn: { Type: 'AWS::Lambda::Function', ...at('Count'), Properties: { Role: arnOf('role') } },
  failures: { Type: 'AWS::SQS::Queue', ...at('Failures') },
};
const ruleOf = (properties: object = {}) => ({
  Type: 'AWS::Events::Rule',
  ...at('OnRegistered'),
  Properties: {
    EventBusName: { Ref: 'bus' },
    EventPattern: { source: ['nexus.raw-storage'] },
    State: 'ENABLED',
    Targets: [{ Arn: arnOf('fn'), Id: 'Target0' }],
    ...properties,
  },
});
const configOf = (properties: object) => ({
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: { FunctionName: { Ref: 'fn' }, Qualifier: '$LATEST', ...properties },
});
const templateOf = (more: object) => templateOfResources({ ...resources, ...more });

const FAILURES = 'arn:aws:sqs:us-east-1:000000000000:failures';

test('a rule has its pattern, its targets and their policies', () => {
  const target = {
    Arn: arnOf('fn'),
    Id: 'Target0',
    RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
    DeadLetterConfig: { Arn: arnOf('failures') },
  };
  const [rule, ...others] = readRules(templateOf({ rule: ruleOf({ Targets: [target] }) }));
  expect(others).toEqual([]);
  expect(rule?.pattern.matches({ source: 'nexus.raw-storage' })).toBe(true);
  expect(rule?.pattern.matches({ source: 'another' })).toBe(false);
  expect(rule).toMatchObject({
    name: 'on-registered',
    arn: 'arn:aws:events:us-east-1:000000000000:rule/on-registered',
    targets: [
      {
        id: 'Target0',
        functionName: 'count',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:count',
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 60 },
        deadLetterQueue: FAILURES,
      },
    ],
  });
});

test('a queue is a target by its ARN', () => {
  const [target] =
    readRules(templateOf({ rule: ruleOf({ Targets: [{ Arn: arnOf('failures'), Id: '0' }] }) }))[0]?.targets ??
    [];
  expect(target).toEqual({
    id: '0',
    queueArn: FAILURES,
    retryPolicy: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 },
  });
});

test('a target without a policy has EventBridge’s own, and no queue', () => {
  const [target] = readRules(templateOf({ rule: ruleOf() }))[0]?.targets ?? [];
  expect(target?.retryPolicy).toEqual({ maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 });
  expect(target).not.toHaveProperty('deadLetterQueue');
});

test.each([
  ['the stack’s bus', { Ref: 'bus' }, 'bus'],
  ['no bus', undefined, 'default'],
  ['the default bus', 'default', 'default'],
  ['the ARN of the default bus', 'arn:aws:events:us-east-1:000000000000:event-bus/default', 'default'],
])('a rule that names %s is on it, or on the default one', (_, EventBusName, bus) => {
  expect(readRules(templateOf({ rule: ruleOf({ EventBusName }) }))).toMatchObject([{ bus }]);
});

test('a rule that is disabled is none', () => {
  expect(readRules(templateOf({ rule: ruleOf({ State: 'DISABLED' }) }))).toEqual([]);
});

test.each([
  [
    'a pattern',
    { EventPattern: { detail: { env: [{ wildcard: '*dev' }] } } },
    'The pattern of the rule on-registered: detail.env: the operator wildcard is not matched locally',
  ],
  ['a schedule', { ScheduleExpression: 'rate(1 day)' }, 'ScheduleExpression of the rule on-registered'],
  ['a role', { RoleArn: 'arn' }, 'RoleArn of the rule on-registered is not run locally'],
  ['another bus', { EventBusName: 'other' }, 'no AWS::Events::EventBus other'],
  [
    'a bus as a target',
    { Targets: [{ Arn: arnOf('bus'), Id: '0' }] },
    'no AWS::Lambda::Function or AWS::SQS::Queue',
  ],
  [
    'an input of its own',
    { Targets: [{ Arn: arnOf('fn'), Id: '0', InputPath: '$.detail' }] },
    'InputPath of a target of the rule on-registered is not run locally',
  ],
])('what is not run locally is an error in one line: %s', (_, properties, message) => {
  const read = () => readRules(templateOf({ rule: ruleOf(properties) }));
  expect(read).toThrow(message);
  expect(read).not.toThrow('\n');
});

test('a function that is invoked asynchronously has its policy and its queue, else Lambda’s own and none', () => {
  const config = configOf({
    MaximumRetryAttempts: 1,
    MaximumEventAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: arnOf('failures') } },
  });
  const fn = {
    name: 'count',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:count',
    roleArn: 'arn:aws:iam::000000000000:role/role',
  };
  expect(readAsyncFunctions(templateOf({ config }))).toEqual([
    { ...fn, retryPolicy: { maximumRetryAttempts: 1, maximumEventAgeInSeconds: 60 }, onFailure: FAILURES },
  ]);
  expect(readAsyncFunctions(templateOf({}))).toEqual([
    { ...fn, retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 21_600 } },
  ]);
});

test('another destination is an error', () => {
  const success = configOf({ DestinationConfig: { OnSuccess: { Destination: arnOf('failures') } } });
  expect(() => readAsyncFunctions(templateOf({ success }))).toThrow('count has another');
  const elsewhere = configOf({ DestinationConfig: { OnFailure: { Destination: arnOf('bus') } } });
  expect(() => readAsyncFunctions(templateOf({ elsewhere }))).toThrow('no AWS::SQS::Queue');
  const fn = { ...resources.fn, Properties: { Role: arnOf('role'), DeadLetterConfig: {} } };
  expect(() => readAsyncFunctions(templateOf({ fn }))).toThrow('count has another');
});

test('tables are all there are, with their indexes and what says when an item expires', () => {
  const tableOf = (more: object = {}) => ({
    Type: 'AWS::DynamoDB::Table',
    ...at('Results'),
    Properties: { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [], ...more },
  });
  expect(readTables(templateOf({ table: tableOf() }))).toEqual([
    { name: 'results', keySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], attributeDefinitions: [] },
  ]);
  const index = {
    IndexName: 'list',
    KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
  };
  const more = {
    GlobalSecondaryIndexes: [{ ...index, OnDemandThroughput: { MaxReadRequestUnits: 1 } }],
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
  };
  expect(readTables(templateOf({ table: tableOf(more) }))).toMatchObject([
    { indexes: [index], timeToLiveAttribute: 'ttl' },
  ]);
  expect(() => readTables(templateOf({ table: tableOf({ LocalSecondaryIndexes: [] }) }))).toThrow(
    'Local indexes of a table are not run locally: results has some',
  );
});

test('of resources with the same name, the first has it, and others are told apart by where they are', () => {
  const queue = (path: string) => ({ Type: 'AWS::SQS::Queue', ...at(path) });
  const template = templateOf({
    second: queue('SubscriberA/Failures'),
    third: queue('Default/SubscriberB/Failures'),
  });
  expect(template.resources('AWS::SQS::Queue').map(({ name }) => name)).toEqual([
    'failures',
    'subscriber-a-failures',
    'subscriber-b-failures',
  ]);
});
