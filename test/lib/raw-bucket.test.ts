import { Template } from 'aws-cdk-lib/assertions';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { arn, arnUnder, resource, synth, withStack } from '../support/synth.ts';

const template = synth();
const bucket = resource(template, 'AWS::S3::Bucket', 'RawBucket');

test('is private, encrypted, versioned and owned by its owner', () => {
  expect(bucket.properties).toMatchObject({
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    VersioningConfiguration: { Status: 'Enabled' },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
});

const denied = (sid?: string, of = template) => {
  const { properties } = resource(of, 'AWS::S3::BucketPolicy', 'RawBucket');
  expect(properties.Bucket).toEqual({ Ref: bucket.logicalId });
  expect(properties.PolicyDocument).toMatchObject({
    Version: '2012-10-17',
    Statement: Array(3).fill({ Effect: 'Deny', Principal: { AWS: '*' } }),
  });
  return properties.PolicyDocument.Statement.find(({ Sid }: { Sid?: string }) => Sid === sid);
};

test('speaks TLS only', () => {
  expect(denied()).toMatchObject({
    Action: 's3:*',
    Resource: [arn(bucket), arnUnder(bucket, '/*')],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
});

test('takes no signature that is older than the longest window, in milliseconds', () => {
  expect(denied('DenyOldSignatures')).toMatchObject({
    Action: 's3:*',
    Resource: arnUnder(bucket, '/*'),
    Condition: { NumericGreaterThan: { 's3:signatureAge': 45 * 60 * 1000 } },
  });
});

test('nobody deletes a version, but settle’s sessions, and whom the stack names', () => {
  const purger = arn(resource(template, 'AWS::IAM::Role', 'PurgeRole'));
  const statement = {
    Sid: 'DenyVersionDeletion',
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:DeleteObjectVersion',
    Resource: arnUnder(bucket, '/*'),
  };
  expect(denied('DenyVersionDeletion')).toEqual({
    ...statement,
    Condition: { ArnNotLike: { 'aws:PrincipalArn': [purger] } },
  });
  const versionDeleters = ['arn:aws:iam::111122223333:role/retention'];
  expect(denied('DenyVersionDeletion', synth({ versionDeleters }))).toEqual({
    ...statement,
    Condition: { ArnNotLike: { 'aws:PrincipalArn': [...versionDeleters, purger] } },
  });
});

test('aborts incomplete multipart uploads and expires no version', () => {
  expect(bucket.properties.LifecycleConfiguration).toEqual({
    Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
  });
});

test('stays when the stack goes, with what it refuses', () => {
  expect(template.findResources('AWS::S3::Bucket')[bucket.logicalId]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
  const { logicalId } = resource(template, 'AWS::S3::BucketPolicy', 'RawBucket');
  expect(template.findResources('AWS::S3::BucketPolicy')[logicalId]).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
});

test('answers browsers of the allowed origins only', () => {
  expect(bucket.properties).not.toHaveProperty('CorsConfiguration');
  const allowedOrigins = ['https://app.example', 'http://localhost:5173'];
  const { properties } = resource(synth({ allowedOrigins }), 'AWS::S3::Bucket', 'RawBucket');
  expect(properties.CorsConfiguration).toEqual({
    CorsRules: [
      {
        AllowedOrigins: allowedOrigins,
        AllowedMethods: ['POST', 'GET', 'HEAD'],
        AllowedHeaders: ['*'],
        ExposedHeaders: [
          'ETag',
          'Location',
          'x-amz-version-id',
          'content-disposition',
          'content-range',
          'accept-ranges',
        ],
        MaxAge: 3600,
      },
    ],
  });
});

test('tells EventBridge of every object, by no function of the CDK’s', () => {
  expect(bucket.properties.NotificationConfiguration).toEqual({
    EventBridgeConfiguration: { EventBridgeEnabled: true },
  });
  template.resourceCountIs('Custom::S3BucketNotifications', 0);
});

test('notifications of an app’s own leave those to EventBridge on (aws-cdk#18150)', () => {
  const own = withStack({}, (_app, stack) => {
    const queue = new Queue(stack, 'Theirs');
    stack.storage.bucket.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue));
    return Template.fromStack(stack);
  });
  const { properties } = resource(own, 'Custom::S3BucketNotifications');
  expect(properties.NotificationConfiguration).toMatchObject({
    EventBridgeConfiguration: {},
    QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'] }],
  });
});
