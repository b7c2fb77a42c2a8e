import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openPrincipals } from '../../../local/iam/template.ts';
import { readStreamMappings } from '../../../local/lambda/mapping-template.ts';
import { readQueueMappings } from '../../../local/lambda/queue-mapping-template.ts';
import { QueueMappings } from '../../../local/lambda/queue-mappings.ts';
import { Sqs } from '../../../local/sqs/service.ts';
import { readQueues } from '../../../local/sqs/template.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { templateOf } from '../template-of.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
const reads = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

function stack({ mapping = {}, actions = reads, visibility = 30 } = {}) {
  return templateOf({
    work: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: visibility } },
    role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: policy(lambda) } },
    rolePolicy: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: 'role' }],
        PolicyDocument: policy({ Effect: 'Allow', Action: actions, Resource: arnOf('work') }),
      },
    },
    fn: { Type: 'AWS::Lambda::Function', Properties: { Role: arnOf('role'), Timeout: 30 } },
    mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { FunctionName: { Ref: 'fn' }, EventSourceArn: arnOf('work'), ...mapping },
    },
  });
}

/** The mappings of a stack, whose function answers nothing, and the bodies that it was given. */
function open(options: Parameters<typeof stack>[0] = {}) {
  const dir = temporaryDirectory();
  const template = stack(options);
  const iam = openPrincipals(join(dir, 'iam'), template);
  const sqs = new Sqs({ dir, queues: readQueues(template) });
  const given: [string, unknown][] = [];
  onTestFinished(() => {
    iam.close();
    sqs.close();
  });
  const mappings = new QueueMappings({
    mappings: readQueueMappings(template),
    sqs,
    iam,
    firstBackoffMs: 1,
    invoke: async (name, event) => void given.push([name, event]),
  });
  onTestFinished(() => mappings.close());
  return { mappings, sqs, given };
}

test('a function is given what is in its queue', async () => {
  const { mappings, sqs, given } = open();
  sqs.queues.get('work')?.send('a');
  mappings.start();
  await expect.poll(() => given).toMatchObject([['fn', { Records: [{ body: 'a' }] }]]);
});

test('a mapping has its settings, or Lambda’s own, and is none of a stream', () => {
  const settings = { batchSize: 10, maximumConcurrency: 5, reportBatchItemFailures: false };
  const template = stack();
  expect(readQueueMappings(template)).toEqual([
    {
      mappingId: 'mapping',
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:work',
      functionName: 'fn',
      functionTimeoutSeconds: 30,
      roleArn: 'arn:aws:iam::000000000000:role/role',
      settings,
    },
  ]);
  expect(readStreamMappings(template)).toEqual([]);
  const mapping = {
    BatchSize: 4,
    ScalingConfig: { MaximumConcurrency: 2 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  };
  expect(readQueueMappings(stack({ mapping }))).toMatchObject([
    { settings: { batchSize: 4, maximumConcurrency: 2, reportBatchItemFailures: true } },
  ]);
  expect(readQueueMappings(stack({ mapping: { Enabled: false } }))).toEqual([]);
});

test.each([
  ['a window', { mapping: { MaximumBatchingWindowInSeconds: 1 } }, 'MaximumBatchingWindowInSeconds of the'],
  ['filters', { mapping: { FilterCriteria: {} } }, 'FilterCriteria of the mapping mapping is not run'],
  ['a large batch', { mapping: { BatchSize: 11 } }, 'has 11 messages: 10 at most are run locally'],
  [
    'a role that may not delete',
    { actions: reads.filter((action) => action !== 'sqs:DeleteMessage') },
    'The role of the function fn has no sqs:DeleteMessage on arn:aws:sqs:us-east-1:000000000000:work',
  ],
  [
    'too short a visibility timeout',
    { visibility: 29 },
    'The visibility timeout of arn:aws:sqs:us-east-1:000000000000:work, 29 s, is less than the 30 s',
  ],
])('a mapping with %s is refused in one line', (_, options, message) => {
  expect(() => open(options)).toThrow(message);
});
