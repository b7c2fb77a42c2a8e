import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { RawStorage } from '../../lib/raw-storage.ts';
import { type EventPattern, readPattern } from '../../local/event-pattern/pattern.ts';
import { arn, functionNamed, resource, synth } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const template = synth();
const bucket = resource(template, 'AWS::S3::Bucket', 'RawBucket');
const failures = resource(template, 'AWS::S3::Bucket', 'SettlementFailureBucket');
const settle = functionNamed(template, 'settle');
const queue = resource(template, 'AWS::SQS::Queue', 'SettlementArrivalQueue');
const deadLetters = resource(template, 'AWS::SQS::Queue', 'SettlementArrivalDeadLetters');
const rule = resource(template, 'AWS::Events::Rule', 'SettlementObjectCreated');

test('it has the memory and the time to hash a whole file', () => {
  expect(settle.properties).toMatchObject({ MemorySize: 1024, Timeout: 120 });
});

describe('S3’s events', () => {
  test('come by the default bus, those of new versions of tenants in this bucket alone', () => {
    // Without a name it is the default bus, the only one that S3 sends to.
    expect(rule.properties).not.toHaveProperty('EventBusName');
    expect(rule.properties.EventPattern).toMatchObject({
      detail: { bucket: { name: [{ Ref: bucket.logicalId }] } },
    });
    const pattern = readPattern({
      ...rule.properties.EventPattern,
      detail: { ...rule.properties.EventPattern.detail, bucket: { name: ['raw'] } },
    });
    const event = (key: string, more: object = {}) => ({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'raw' }, object: { key } },
      ...more,
    });
    expect(pattern.matches(event('tenants/t_a/dev/raw/1/a.txt'))).toBe(true);
    expect(pattern.matches(event('other/a.txt'))).toBe(false);
    expect(pattern.matches(event('tenants/a', { 'detail-type': 'Object Deleted' }))).toBe(false);
    expect(pattern.matches(event('tenants/a', { source: 'nexus.raw-storage' }))).toBe(false);
    const elsewhere = { bucket: { name: 'other' }, object: { key: 'tenants/a' } };
    expect(pattern.matches(event('', { detail: elsewhere }))).toBe(false);
  });

  test('go to a queue, and what cannot be put there, or is not worked off ten times, to its dead-letter queue', () => {
    expect(rule.properties.Targets).toEqual([
      { Id: 'Target0', Arn: arn(queue), DeadLetterConfig: { Arn: arn(deadLetters) } },
    ]);
    expect(queue.properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
      // Six times the function's, as AWS advises.
      VisibilityTimeout: 6 * settle.properties.Timeout,
      RedrivePolicy: { deadLetterTargetArn: arn(deadLetters), maxReceiveCount: 10 },
    });
    expect(deadLetters.properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  test('are worked off one by one: a message that fails comes again without the others', () => {
    const { properties } = resource(template, 'AWS::Lambda::EventSourceMapping', 'SettlementSettleSqs');
    expect(properties).toMatchObject({
      EventSourceArn: arn(queue),
      FunctionName: { Ref: settle.logicalId },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test.each([queue, deadLetters])('may be sent by EventBridge for this rule alone, and by TLS', (to) => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy'));
    const policy = policies.find(({ Properties }) => Properties?.['Queues'][0].Ref === to.logicalId);
    const { Statement } = policy?.['Properties'].PolicyDocument ?? { Statement: [] };
    const allowed = Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(0);
    for (const statement of allowed) {
      expect(statement).toMatchObject({
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': arn(rule) } },
      });
    }
    expect(Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });
});

describe('the stream', () => {
  const { properties } = resource(template, 'AWS::Lambda::EventSourceMapping', 'SettlementSettleDynamoDB');

  test('is read from its beginning, retried by age, and given up whole', () => {
    const table = resource(template, 'AWS::DynamoDB::Table');
    expect(properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [table.logicalId, 'StreamArn'] },
      FunctionName: { Ref: settle.logicalId },
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 20 * 60 * 60,
      MaximumRetryAttempts: -1,
      DestinationConfig: { OnFailure: { Destination: arn(failures) } },
    });
  });

  test('wakes it by what leaves versions behind, and by no note, renewal, delete or restore', () => {
    const filters = properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) =>
      readPattern(JSON.parse(Pattern)),
    );
    const image = (state?: string) => {
      const [status = '', noted] = (state ?? '').split(', ');
      return state && { pk: { S: 'key' }, status: { S: status }, ...(noted && { arrived: { S: 'v' } }) };
    };
    const isGiven = (before?: string, after?: string) =>
      filters.some((filter: EventPattern) =>
        filter.matches({ dynamodb: { OldImage: image(before), NewImage: image(after) } }),
      );
    const states = [
      ...[undefined, 'presigned', 'presigned, noted', 'registered', 'deleted', 'expired', 'purged'],
    ];
    const given = states.flatMap((before) =>
      states.filter((after) => isGiven(before, after)).map((after) => `${before} → ${after}`),
    );
    expect(given.toSorted()).toEqual(
      [
        'presigned, noted → registered',
        'presigned, noted → expired',
        'presigned, noted → undefined',
        'deleted → undefined',
        'registered → purged',
        'deleted → purged',
      ].toSorted(),
    );
  });
});

test('a key of the company’s own encrypts both queues, and EventBridge may use it', () => {
  const stack = new Stack(
    new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false }),
    'Stack',
  );
  new RawStorage(stack, 'Storage', {
    issuer: 'https://issuer.example',
    audience: 'nexus',
    encryptionKey: new Key(stack, 'Theirs'),
  });
  const own = Template.fromStack(stack);
  const key = resource(own, 'AWS::KMS::Key', 'Theirs');
  for (const prefix of ['StorageSettlementArrivalQueue', 'StorageSettlementArrivalDeadLetters']) {
    expect(resource(own, 'AWS::SQS::Queue', prefix).properties).toMatchObject({ KmsMasterKeyId: arn(key) });
  }
  const uses = key.properties.KeyPolicy.Statement.filter(
    ({ Principal }: { Principal: { Service?: string } }) => Principal.Service === 'events.amazonaws.com',
  );
  expect(uses).toContainEqual(
    expect.objectContaining({
      Effect: 'Allow',
      Action: expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*']),
    }),
  );
});
