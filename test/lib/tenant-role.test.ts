import { expect, test } from 'vitest';
import type { FunctionName } from '../../lib/function-names.ts';
import { arn, arnUnder, functionNamed, resource, synth } from '../support/synth.ts';

const template = synth();
const role = resource(template, 'AWS::IAM::Role', 'TenantRole');
const OWN_ACCOUNT = { StringEquals: { 'aws:ResourceAccount': { Ref: 'AWS::AccountId' } } };
const OF_TENANT = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/tenant_id}#*'] },
  Null: { 'dynamodb:LeadingKeys': 'false' },
};
const policy = resource(template, 'AWS::IAM::Policy', 'TenantRole');

test('is taken by the functions that act for tenants, for a session with one tag: the tenant', () => {
  const { AssumeRolePolicyDocument: trust } = role.properties;
  expect(trust).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Principal: { AWS: expect.any(Array) },
        Condition: {
          StringLike: { 'aws:RequestTag/tenant_id': '??*' },
          StringNotLike: {
            'aws:RequestTag/tenant_id': ['*/*', '*:*', '*=*', '*+*', '*@*', '* *', '.*', '_*', '-*'],
          },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] },
        },
      },
    ],
  });
  const functions: FunctionName[] = ['assets', 'presign-upload', 'register', 'settle'];
  const roles = functions.map((name) => functionNamed(template, name).properties.Role);
  expect(trust.Statement[0].Principal.AWS).toHaveLength(roles.length);
  expect(trust.Statement[0].Principal.AWS).toEqual(expect.arrayContaining(roles));
});

test('reaches what its tag names, and nothing else', () => {
  const bucket = resource(template, 'AWS::S3::Bucket', 'RawBucket');
  const table = resource(template, 'AWS::DynamoDB::Table');
  expect(policy.properties.Roles).toEqual([{ Ref: role.logicalId }]);
  expect(policy.properties.PolicyDocument).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
        Resource: arnUnder(bucket, '/tenants/${aws:PrincipalTag/tenant_id}/*'),
        Condition: OWN_ACCOUNT,
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucketVersions',
        Resource: arn(bucket),
        Condition: {
          ...OWN_ACCOUNT,
          StringLike: { 's3:prefix': 'tenants/${aws:PrincipalTag/tenant_id}/*' },
        },
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        Resource: arn(table),
        Condition: OF_TENANT,
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: arnUnder(table, '/index/list'),
        Condition: OF_TENANT,
      },
    ],
  });
});

test('is no tenant by itself: only a session brings the tag', () => {
  const tags: { Key: string }[] = role.properties.Tags;
  expect(tags.map(({ Key }) => Key)).not.toContain('tenant_id');
});

test('its sessions last an hour at most', () => {
  expect(role.properties.MaxSessionDuration ?? 3600).toBe(3600);
});
