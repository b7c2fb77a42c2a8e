import { expect, test } from 'vitest';
import { type EventPattern, readPattern } from '../../local/event-pattern/pattern.ts';
import { arn, functionNamed, resource, synth } from '../support/synth.ts';

const template = synth();
const failures = resource(template, 'AWS::S3::Bucket', 'PublisherFailureBucket');

test('reads the whole stream, retries by age, and tells failed records apart', () => {
  const table = resource(template, 'AWS::DynamoDB::Table');
  const { properties } = resource(template, 'AWS::Lambda::EventSourceMapping', 'PublisherPublish');
  expect(properties).toMatchObject({
    EventSourceArn: { 'Fn::GetAtt': [table.logicalId, 'StreamArn'] },
    FunctionName: { Ref: functionNamed(template, 'publish-events').logicalId },
    StartingPosition: 'TRIM_HORIZON',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    ParallelizationFactor: 10,
    MaximumRecordAgeInSeconds: 20 * 60 * 60,
    MaximumRetryAttempts: -1,
    BatchSize: 100,
    DestinationConfig: { OnFailure: { Destination: arn(failures) } },
  });
});

test('is given what has an event, and no moved window or noted version', () => {
  const { properties } = resource(template, 'AWS::Lambda::EventSourceMapping', 'PublisherPublish');
  const filters = properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) =>
    readPattern(JSON.parse(Pattern)),
  );
  const image = (status?: string) => status && { pk: { S: 'key' }, status: { S: status } };
  const isGiven = (before?: string, after?: string) =>
    filters.some((filter: EventPattern) =>
      filter.matches({ dynamodb: { OldImage: image(before), NewImage: image(after) } }),
    );
  const states = [undefined, 'presigned', 'registered', 'deleted', 'expired', 'purged'];
  const given = states.flatMap((before) =>
    states.filter((after) => isGiven(before, after)).map((after) => `${before} → ${after}`),
  );
  const changes = states.flatMap((before) =>
    ['registered', 'deleted', 'expired', 'purged'].map((after) => `${before} → ${after}`),
  );
  const births = [undefined, 'expired', 'purged'].map((before) => `${before} → presigned`);
  const removals = ['presigned → undefined', 'deleted → undefined'];
  expect(given.sort()).toEqual([...changes, ...births, ...removals].sort());
});

test('publishes as many batches at a time as the deployment says', () => {
  const custom = synth({ publisherParallelization: 2 });
  expect(
    resource(custom, 'AWS::Lambda::EventSourceMapping', 'PublisherPublish').properties.ParallelizationFactor,
  ).toBe(2);
});

test('what it gives up lies whole in a bucket that is private, encrypted, TLS only and stays', () => {
  expect(template.findResources('AWS::S3::Bucket')[failures.logicalId]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    },
  });
  const policy = resource(template, 'AWS::S3::BucketPolicy', 'PublisherFailureBucket');
  expect(template.findResources('AWS::S3::BucketPolicy')[policy.logicalId]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
  });
  expect(policy.properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  ]);
});

test('the poison queue is encrypted, TLS only, and keeps what it gets for 14 days', () => {
  const queue = resource(template, 'AWS::SQS::Queue', 'PublisherPoison');
  expect(queue.properties).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 24 * 60 * 60,
  });
  const { properties } = resource(template, 'AWS::SQS::QueuePolicy', 'PublisherPoison');
  expect(properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  ]);
  expect(functionNamed(template, 'publish-events').properties.Environment.Variables).toEqual({
    POISON_QUEUE_URL: { Ref: queue.logicalId },
    EVENT_BUS: { Ref: resource(template, 'AWS::Events::EventBus').logicalId },
  });
});
