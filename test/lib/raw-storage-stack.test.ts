import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { RawStorageStack } from '../../lib/raw-storage-stack.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { arn, functionNamed, resource, synth } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const template = synth();
const bucket = { Ref: resource(template, 'AWS::S3::Bucket', 'RawBucket').logicalId };
const table = { Ref: resource(template, 'AWS::DynamoDB::Table').logicalId };
const tenantRole = arn(resource(template, 'AWS::IAM::Role', 'TenantRole'));

test('outputs what clients, subscribers and operators need', () => {
  const api = resource(template, 'AWS::ApiGatewayV2::Api');
  expect(template.findOutputs('*')).toEqual({
    ApiUrl: { Value: { 'Fn::GetAtt': [api.logicalId, 'ApiEndpoint'] } },
    RawBucketName: { Value: bucket },
    AssetTableName: { Value: table },
    EventBusName: { Value: { Ref: resource(template, 'AWS::Events::EventBus').logicalId } },
    FailureBucketName: { Value: { Ref: resource(template, 'AWS::S3::Bucket', 'Publisher').logicalId } },
    PoisonQueueUrl: { Value: { Ref: resource(template, 'AWS::SQS::Queue', 'PublisherPoison').logicalId } },
    ArrivalQueueUrl: {
      Value: { Ref: resource(template, 'AWS::SQS::Queue', 'SettlementArrivalQueue').logicalId },
    },
  });
});

test('gives each function the settings that it reads, with their defaults', () => {
  const variables = (name: Parameters<typeof functionNamed>[1]) =>
    functionNamed(template, name).properties.Environment.Variables;
  expect(variables('authorizer')).toEqual({
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'nexus',
    TENANT_CLAIM: 'tenant_id',
    SCOPE_CLAIM: 'scope scp',
    ENV_CLAIM: 'env',
    DEFAULT_ENV: 'dev',
  });
  expect(variables('presign-upload')).toEqual({
    RAW_BUCKET: bucket,
    ASSET_TABLE: table,
    TENANT_ROLE_ARN: tenantRole,
    MAX_UPLOAD_BYTES: '5368709120',
    MAX_HASH_BYTES: '268435456',
    UPLOAD_EXPIRY_SECONDS: '900',
  });
  expect(variables('register')).toEqual({
    RAW_BUCKET: bucket,
    BUCKET_OWNER: { Ref: 'AWS::AccountId' },
    ASSET_TABLE: table,
    TENANT_ROLE_ARN: tenantRole,
    MAX_HASH_BYTES: '268435456',
  });
  expect(variables('assets')).toEqual({
    ASSET_TABLE: table,
    TENANT_ROLE_ARN: tenantRole,
    MAX_UPLOAD_BYTES: '5368709120',
    MAX_HASH_BYTES: '268435456',
    UPLOAD_EXPIRY_SECONDS: '900',
    DELETE_RETENTION_DAYS: '30',
  });
});

test('passes every setting on', () => {
  const custom = synth({
    issuer: 'http://localhost:8080',
    audience: ['other', 'another'],
    jwksUri: 'http://localhost:8080/keys',
    scopePrefix: 'nexus/',
    tenantClaim: 'org',
    scopeClaim: 'permissions',
    envClaim: '',
    env: 'staging',
    maxUploadBytes: 1000,
    maxHashBytes: 100,
    uploadExpirySeconds: 60,
  });
  expect(functionNamed(custom, 'authorizer').properties.Environment.Variables).toEqual({
    JWT_ISSUER: 'http://localhost:8080',
    JWT_AUDIENCE: 'other another',
    JWKS_URI: 'http://localhost:8080/keys',
    SCOPE_PREFIX: 'nexus/',
    TENANT_CLAIM: 'org',
    SCOPE_CLAIM: 'permissions',
    DEFAULT_ENV: 'staging',
  });
  expect(functionNamed(custom, 'presign-upload').properties.Environment.Variables).toMatchObject({
    MAX_UPLOAD_BYTES: '1000',
    MAX_HASH_BYTES: '100',
    UPLOAD_EXPIRY_SECONDS: '60',
  });
});

test('refuses settings that cannot be', () => {
  const stack = () =>
    new RawStorageStack(new App({ outdir: temporaryDirectory() }), 'Stack', {
      service: { issuer: 'http://a.example', audience: 'x' },
    });
  expect(stack).toThrow(SettingError);
});

/** These have no tags in CloudFormation. */
const UNTAGGED =
  /::(BucketPolicy|QueuePolicy|EventBusPolicy|Policy|Permission|Route|Integration|Authorizer|Archive)$/;

test('tags everything', () => {
  const { Resources } = synth({ env: 'prod' }).toJSON() as { Resources: Record<string, Resource> };
  interface Resource {
    Type: string;
    Properties: { Tags?: { Key: string; Value: string }[] | Record<string, string> };
  }
  const tagged = Object.values(Resources).filter(({ Type }) => !UNTAGGED.test(Type));
  expect(tagged.length).toBeGreaterThan(15);
  for (const { Type, Properties } of tagged) {
    const { Tags = [] } = Properties;
    const tags = Array.isArray(Tags) ? Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) : Tags;
    expect({ Type, tags }).toEqual({ Type, tags: { project: 'nexus-raw-storage', env: 'prod' } });
  }
});

test('names nothing by hand', () => {
  const names = /^(BucketName|TableName|QueueName|FunctionName|RoleName|LogGroupName|ApiName)$/;
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: object }>(
    template.toJSON()['Resources'],
  )) {
    const named = Object.entries(Properties).filter(
      ([key, value]) => names.test(key) && typeof value === 'string',
    );
    expect({ Type, named }).toEqual({ Type, named: [] });
  }
});

test('the whole template', () => {
  const text = JSON.stringify(template.toJSON(), null, 2).replaceAll(/\b[0-9a-f]{64}\b/g, '[asset]');
  expect(JSON.parse(text)).toMatchSnapshot();
});
