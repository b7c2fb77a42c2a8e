import { expect, test } from 'vitest';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/bundle.ts';
import { arn, arnUnder, functionNamed, permissionsOf, resource, synth } from '../support/synth.ts';

const template = synth();
const bucket = resource(template, 'AWS::S3::Bucket', 'RawBucket');
const table = resource(template, 'AWS::DynamoDB::Table');
const failures = resource(template, 'AWS::S3::Bucket', 'PublisherFailureBucket');

const logs = (name: FunctionName) => ({
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: { 'Fn::GetAtt': [functionNamed(template, name).properties.LoggingConfig.LogGroup.Ref, 'Arn'] },
});

/** Whole and exact: a statement more, or an action more, fails. */
const PERMISSIONS: Readonly<Record<FunctionName, readonly object[]>> = {
  authorizer: [],
  'presign-upload': [
    { Action: ['s3:PutObject'], Resource: arnUnder(bucket, '/tenants/*') },
    { Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], Resource: arn(table) },
  ],
  register: [
    { Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: arnUnder(bucket, '/tenants/*') },
    {
      Action: ['s3:ListBucketVersions'],
      Resource: arn(bucket),
      Condition: { StringLike: { 's3:prefix': 'tenants/*' } },
    },
    { Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Resource: arn(table) },
  ],
  'get-asset': [{ Action: ['dynamodb:GetItem'], Resource: arn(table) }],
  'publish-events': [
    { Action: ['sqs:SendMessage'], Resource: arn(resource(template, 'AWS::SQS::Queue')) },
    { Action: ['events:PutEvents'], Resource: arn(resource(template, 'AWS::Events::EventBus')) },
    { Action: ['s3:PutObject'], Resource: arnUnder(failures, '/*') },
    { Action: ['s3:ListBucket'], Resource: arn(failures) },
    // IAM knows no resource for it.
    { Action: ['dynamodb:ListStreams'], Resource: '*' },
    {
      Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      Resource: { 'Fn::GetAtt': [table.logicalId, 'StreamArn'] },
    },
  ],
};

test.each(FUNCTION_NAMES)('%s may do this and no more', (name) => {
  expect(permissionsOf(template, name)).toEqual([logs(name), ...PERMISSIONS[name]]);
});

test('no role has more than its own policy', () => {
  const roles = Object.values(template.findResources('AWS::IAM::Role'));
  expect(roles).toHaveLength(FUNCTION_NAMES.length);
  for (const { Properties } of roles) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(Properties).not.toHaveProperty('Policies');
    expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  }
  template.resourceCountIs('AWS::IAM::Policy', FUNCTION_NAMES.length);
  template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
});

test('only the gateway calls the functions, each by its own route or authorizer', () => {
  const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));
  const paths = permissions.map(({ Properties }) => {
    expect(Properties).toMatchObject({
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    });
    const {
      'Fn::Join': [, parts],
    } = Properties.SourceArn;
    return [Properties.FunctionName['Fn::GetAtt'][0], parts.at(-1)];
  });
  const id = (name: FunctionName) => functionNamed(template, name).logicalId;
  expect(paths).toHaveLength(4);
  expect(paths).toEqual(
    expect.arrayContaining([
      [id('presign-upload'), '/*/*/nexus/raw/presign-upload'],
      [id('register'), '/*/*/nexus/raw/register'],
      [id('get-asset'), '/*/*/nexus/raw/{asset_id}'],
      [id('authorizer'), { Ref: resource(template, 'AWS::ApiGatewayV2::Authorizer').logicalId }],
    ]),
  );
});
