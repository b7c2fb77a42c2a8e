import { expect, test } from 'vitest';
import { requireQueueAccess } from '../../../local/eventbridge/permissions.ts';
import { readRules } from '../../../local/eventbridge/template.ts';
import { Principals } from '../../../local/iam/principals.ts';
import { readResourcePolicies, readRoles } from '../../../local/iam/template.ts';
import { readAsyncFunctions } from '../../../local/lambda/template.ts';
import { makeDir } from '../dynamodb/table-definition.ts';
import { templateOf } from '../template-of.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const sends = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('failures') };
const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
const toFunction = { Arn: arnOf('fn'), DeadLetterConfig: { Arn: arnOf('failures') } };
const fromRule = (rule: unknown) => ({
  ...sends,
  Principal: { Service: 'events.amazonaws.com' },
  Condition: { ArnEquals: { 'aws:SourceArn': rule } },
});

/** A rule and a function whose failures go to one queue, under the queue's policy and the role's. */
function check(queuePolicy: object, rolePolicy: object, target: object = toFunction): void {
  const template = templateOf({
    bus: { Type: 'AWS::Events::EventBus' },
    failures: { Type: 'AWS::SQS::Queue' },
    queuePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'failures' }], PolicyDocument: policy(queuePolicy) },
    },
    role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: policy(lambda) } },
    rolePolicy: {
      Type: 'AWS::IAM::Policy',
      Properties: { Roles: [{ Ref: 'role' }], PolicyDocument: policy(rolePolicy) },
    },
    fn: { Type: 'AWS::Lambda::Function', Properties: { Role: arnOf('role') } },
    config: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'fn' },
        DestinationConfig: { OnFailure: { Destination: arnOf('failures') } },
      },
    },
    rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'bus' },
        EventPattern: { source: ['x'] },
        Targets: [{ Id: '0', ...target }],
      },
    },
  });
  const iam = new Principals({
    dir: makeDir(),
    roles: readRoles(template),
    resourcePolicies: readResourcePolicies(template),
  });
  try {
    requireQueueAccess(iam, readRules(template), readAsyncFunctions(template));
  } finally {
    iam.close();
  }
}

test('a queue that lets the rule in, and a role that may send to it, are all right', () => {
  expect(() => check(fromRule(arnOf('rule')), sends)).not.toThrow();
});

test.each([
  ['lets in another rule', fromRule('arn:aws:events:us-east-1:000000000000:rule/other')],
  ['lets in another service', { ...sends, Principal: { Service: 'sns.amazonaws.com' } }],
  [
    'lets in nobody over TLS',
    { ...fromRule(arnOf('rule')), Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ],
])('a queue that %s is one clear line', (_, queuePolicy) => {
  expect(() => check(queuePolicy, sends)).toThrow(
    'The policy of arn:aws:sqs:us-east-1:000000000000:failures does not let the rule rule send to it',
  );
});

test('a queue that is the rule’s target must let it in too', () => {
  const toQueue = { Arn: arnOf('failures') };
  expect(() => check(fromRule(arnOf('rule')), sends, toQueue)).not.toThrow();
  expect(() => check(fromRule('arn:aws:events:us-east-1:000000000000:rule/other'), sends, toQueue)).toThrow(
    'The policy of arn:aws:sqs:us-east-1:000000000000:failures does not let the rule rule send to it',
  );
});

test('a role that may not send is one clear line', () => {
  expect(() => check(fromRule(arnOf('rule')), { ...sends, Resource: arnOf('bus') })).toThrow(
    'The role of the function fn may not send to arn:aws:sqs:us-east-1:000000000000:failures',
  );
});
