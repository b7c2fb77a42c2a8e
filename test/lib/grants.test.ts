import { expect, test } from 'vitest';
import { ROUTES } from '#contract/routes';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts';
import {
  arn,
  arnUnder,
  functionNamed,
  permissionsOf,
  type Resource,
  resource,
  synth,
} from '../support/synth.ts';

const template = synth();
const tenantRole = resource(template, 'AWS::IAM::Role', 'TenantRole');
const table = resource(template, 'AWS::DynamoDB::Table');
const purgeRole = resource(template, 'AWS::IAM::Role', 'PurgeRole');
const failures = resource(template, 'AWS::S3::Bucket', 'PublisherFailureBucket');
const settleFailures = resource(template, 'AWS::S3::Bucket', 'SettlementFailureBucket');

const OWN_ACCOUNT = { StringEquals: { 'aws:ResourceAccount': { Ref: 'AWS::AccountId' } } };

const logs = (name: FunctionName) => ({
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: { 'Fn::GetAtt': [functionNamed(template, name).properties.LoggingConfig.LogGroup.Ref, 'Arn'] },
});

const assumeTenantRole = { Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: arn(tenantRole) };

const readsStream = (givenUp: Resource) => [
  { Action: ['s3:PutObject'], Resource: arnUnder(givenUp, '/*'), Condition: OWN_ACCOUNT },
  { Action: ['s3:ListBucket'], Resource: arn(givenUp), Condition: OWN_ACCOUNT },
  // IAM knows no resource for it.
  { Action: ['dynamodb:ListStreams'], Resource: '*' },
  {
    Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    Resource: { 'Fn::GetAtt': [table.logicalId, 'StreamArn'] },
  },
];

/** Whole and exact: a statement more, or an action more, fails. */
const PERMISSIONS: Readonly<Record<FunctionName, readonly object[]>> = {
  authorizer: [],
  'presign-upload': [assumeTenantRole],
  register: [assumeTenantRole],
  assets: [assumeTenantRole],
  'publish-events': [
    { Action: ['sqs:SendMessage'], Resource: arn(resource(template, 'AWS::SQS::Queue', 'PublisherPoison')) },
    { Action: ['events:PutEvents'], Resource: arn(resource(template, 'AWS::Events::EventBus')) },
    ...readsStream(failures),
  ],
  settle: [
    {
      Action: [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
      ],
      Resource: arn(resource(template, 'AWS::SQS::Queue', 'SettlementArrivalQueue')),
    },
    ...readsStream(settleFailures),
    { Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: [arn(purgeRole), arn(tenantRole)] },
  ],
};

test.each(FUNCTION_NAMES)('%s may do this and no more', (name) => {
  expect(permissionsOf(template, name)).toEqual([logs(name), ...PERMISSIONS[name]]);
});

test("no role has more than its own policy, and none but Lambda takes a function's", () => {
  const roles = Object.entries(template.findResources('AWS::IAM::Role'));
  expect(roles).toHaveLength(FUNCTION_NAMES.length + 2);
  for (const [logicalId, { Properties }] of roles) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(Properties).not.toHaveProperty('Policies');
    if (logicalId === tenantRole.logicalId || logicalId === purgeRole.logicalId) continue;
    expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  }
  template.resourceCountIs('AWS::IAM::Policy', FUNCTION_NAMES.length + 2);
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
  const served = Object.values(ROUTES).map((route) => [id(route.function), `/*/*${route.path}`]);
  const authorizer = [
    id('authorizer'),
    { Ref: resource(template, 'AWS::ApiGatewayV2::Authorizer').logicalId },
  ];
  // Methods of one path share a permission's text, and have one each.
  expect(paths).toHaveLength(served.length + 1);
  expect(paths).toEqual(expect.arrayContaining([...served, authorizer]));
});
