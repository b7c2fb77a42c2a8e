import { expect, test } from 'vitest';
import { resource, synth } from '../support/synth.ts';

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

test('speaks TLS only', () => {
  const { properties } = resource(template, 'AWS::S3::BucketPolicy', 'RawBucket');
  expect(properties.Bucket).toEqual({ Ref: bucket.logicalId });
  expect(properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ]);
});

test('aborts incomplete multipart uploads and expires no version', () => {
  expect(bucket.properties.LifecycleConfiguration).toEqual({
    Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
  });
});

test('stays when the stack goes', () => {
  expect(template.findResources('AWS::S3::Bucket')[bucket.logicalId]).toMatchObject({
    DeletionPolicy: 'Retain',
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
        ExposedHeaders: ['ETag', 'Location', 'x-amz-version-id'],
        MaxAge: 3600,
      },
    ],
  });
});
