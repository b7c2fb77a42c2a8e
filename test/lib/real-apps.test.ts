import { App, CfnParameter, Fn, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '#contract/routes';
import { RawAssetRule } from '../../lib/raw-asset-rule.ts';
import { RawStorage, type RawStorageProps } from '../../lib/raw-storage.ts';
import { RawStorageStack } from '../../lib/raw-storage-stack.ts';
import { functionNamed } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const newApp = () =>
  new App({
    outdir: temporaryDirectory(),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });

describe('a stack takes the properties of any stack (aws-cdk#20880)', () => {
  const stack = new RawStorageStack(newApp(), 'Files', {
    env: { account: '111122223333', region: 'eu-central-1' },
    stackName: 'acme-files',
    description: 'Files of ACME',
    tags: { team: 'data' },
    service: { issuer: 'https://issuer.example', audience: 'nexus', env: 'staging' },
  });

  test('its account and Region are not the env of the service', () => {
    expect(stack).toMatchObject({
      account: '111122223333',
      region: 'eu-central-1',
      stackName: 'acme-files',
    });
    const template = Template.fromStack(stack);
    expect(functionNamed(template, 'authorizer').properties.Environment.Variables.DEFAULT_ENV).toBe(
      'staging',
    );
    expect(template.toJSON()['Description']).toBe('Files of ACME');
  });

  test('its tags stand beside those of the service', () => {
    expect(stack.tags.tagValues()).toEqual({ team: 'data', project: 'nexus-raw-storage', env: 'staging' });
  });
});

describe('a setting may be known at deployment only (aws-cdk#38536, aws-cdk#6133)', () => {
  const stack = new Stack(newApp(), 'App');
  const pool = new cognito.UserPool(stack, 'Pool');
  const clients = ['Web', 'Shell'].map((id) => pool.addClient(id).userPoolClientId);
  const parameter = (id: string, type = 'String') => new CfnParameter(stack, id, { type });
  new RawStorage(stack, 'Files', {
    issuer: pool.userPoolProviderUrl,
    audience: clients,
    tenantClaim: ssm.StringParameter.valueForStringParameter(stack, '/files/tenant-claim'),
    scopeClaim: parameter('ScopeClaims', 'CommaDelimitedList').valueAsList,
    scopePrefix: parameter('ScopePrefix').valueAsString,
    env: parameter('Env').valueAsString,
    allowedOrigins: parameter('Origins', 'CommaDelimitedList').valueAsList,
    maxUploadBytes: parameter('MaxUploadBytes', 'Number').valueAsNumber,
    maxHashBytes: Token.asNumber(Fn.importValue('max-hash-bytes')),
    uploadExpirySeconds: Lazy.number({ produce: () => 60 }),
    publisherParallelization: parameter('Parallelization', 'Number').valueAsNumber,
  });
  const template = Template.fromStack(stack);
  const variables = (name: Parameters<typeof functionNamed>[1]) => {
    const functions = template.findResources('AWS::Lambda::Function');
    const [, found] = Object.entries(functions).find(([id]) => id.startsWith(`Files${name}`)) ?? [];
    return found?.['Properties'].Environment.Variables;
  };

  test('text, and a list of texts', () => {
    expect(variables('Authorizer' as never)).toMatchObject({
      JWT_ISSUER: { 'Fn::GetAtt': [expect.stringMatching(/^Pool/), 'ProviderURL'] },
      JWT_AUDIENCE: {
        'Fn::Join': [
          '',
          [{ Ref: expect.stringMatching(/^PoolWeb/) }, ' ', { Ref: expect.stringMatching(/^PoolShell/) }],
        ],
      },
      TENANT_CLAIM: { Ref: expect.stringMatching(/^SsmParameterValuefilestenantclaim/) },
      SCOPE_CLAIM: { 'Fn::Join': [' ', { Ref: 'ScopeClaims' }] },
      SCOPE_PREFIX: { Ref: 'ScopePrefix' },
      DEFAULT_ENV: { Ref: 'Env' },
    });
  });

  test('numbers', () => {
    expect(variables('PresignUpload' as never)).toMatchObject({
      MAX_UPLOAD_BYTES: { Ref: 'MaxUploadBytes' },
      MAX_HASH_BYTES: { 'Fn::ImportValue': 'max-hash-bytes' },
      UPLOAD_EXPIRY_SECONDS: '60',
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ParallelizationFactor: { Ref: 'Parallelization' },
    });
  });

  test('origins, for the API and the bucket alike', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowOrigins: { Ref: 'Origins' } },
    });
    template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: { CorsRules: [{ AllowedOrigins: { Ref: 'Origins' } }] },
    });
  });
});

test('an API may live in another stack, and depend on nothing of the service (aws-cdk#18742)', () => {
  const app = newApp();
  const theirs = new Stack(app, 'Theirs');
  const httpApi = new apigw.HttpApi(theirs, 'Api');
  const files = new Stack(app, 'FilesStack');
  new RawStorage(files, 'Files', { issuer: 'https://issuer.example', audience: 'nexus', httpApi });
  const assembly = app.synth();
  const dependencies = (stack: Stack) =>
    assembly.getStackArtifact(stack.artifactId).dependencies.map(({ id }) => id);
  expect(dependencies(theirs)).not.toContain('FilesStack');
  expect(Object.keys(Template.fromStack(files).findResources('AWS::ApiGatewayV2::Route'))).toHaveLength(
    Object.keys(ROUTES).length,
  );
});

const mount = (scope: Stack, props: Partial<RawStorageProps> = {}, id = 'Files') =>
  new RawStorage(scope, id, { issuer: 'https://issuer.example', audience: 'nexus', ...props });

/** The properties of every resource of a type. */
const propertiesOf = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('a key of the company', () => {
  const stack = new Stack(newApp(), 'App');
  const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
  const storage = mount(stack, { encryptionKey, alarmEmail: 'ops@example.com' });
  const template = Template.fromStack(stack);
  const key = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };

  test('encrypts all that is kept', () => {
    for (const bucket of propertiesOf(template, 'AWS::S3::Bucket')) {
      expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
        },
      ]);
    }
    const [table] = propertiesOf(template, 'AWS::DynamoDB::Table');
    expect(table?.SSESpecification).toMatchObject({ SSEType: 'KMS', KMSMasterKeyId: key });
    for (const queue of propertiesOf(template, 'AWS::SQS::Queue')) expect(queue.KmsMasterKeyId).toEqual(key);
    const groups = propertiesOf(template, 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(7);
    for (const group of groups) expect(group.KmsKeyId).toEqual(key);
    for (const type of ['AWS::Events::EventBus', 'AWS::Events::Archive'])
      for (const { KmsKeyIdentifier } of propertiesOf(template, type)) expect(KmsKeyIdentifier).toEqual(key);
    expect(propertiesOf(template, 'AWS::SNS::Topic')[0]?.KmsMasterKeyId).toEqual(key);
    template.resourceCountIs('AWS::KMS::Key', 1);
  });

  test('lets in the services that use it in their own name', () => {
    const [{ KeyPolicy } = {}] = propertiesOf(template, 'AWS::KMS::Key');
    const statements: { Principal: { Service?: string } }[] = KeyPolicy.Statement;
    const services = statements.map(({ Principal }) => Principal.Service);
    expect(services.flat()).toEqual(
      expect.arrayContaining(['events.amazonaws.com', 'cloudwatch.amazonaws.com']),
    );
    expect(JSON.stringify(KeyPolicy)).toContain('kms:EncryptionContext:aws:logs:arn');
  });

  test('may be used by the tenants, and by the publisher', () => {
    const actionsOn = (role: string) =>
      propertiesOf(template, 'AWS::IAM::Policy')
        .filter(({ Roles }) => Roles[0].Ref.startsWith(role))
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .filter(({ Resource }) => Resource?.['Fn::GetAtt']?.[0].startsWith('Key'))
        .flatMap(({ Action }) => Action);
    expect(actionsOn('FilesTenantRole')).toEqual(
      expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt', 'kms:DescribeKey']),
    );
    expect(actionsOn('FilesPublisherPublishEventsRole')).toEqual(
      expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']),
    );
    expect(actionsOn('FilesAuthorizerRole')).toEqual([]);
  });

  const target: events.IRuleTarget = {
    bind: () => ({ arn: 'arn:aws:lambda:us-east-1:111122223333:function:f' }),
  };
  const subscribe = (deadLetterQueue: sqs.IQueue) => () =>
    new RawAssetRule(stack, `${deadLetterQueue.node.id}Rule`, {
      bus: storage.bus,
      eventType: 'raw_asset_registered',
      target,
      deadLetterQueue,
    });

  test("a dead-letter queue under it takes EventBridge's messages (aws-cdk#20804)", () => {
    const own = new Stack(newApp(), 'Own');
    const masterKey = new kms.Key(own, 'Key');
    const queue = new sqs.Queue(own, 'Dead', { encryptionMasterKey: masterKey });
    new RawAssetRule(own, 'Rule', {
      bus: events.EventBus.fromEventBusName(own, 'Bus', 'files'),
      eventType: 'raw_asset_registered',
      target,
      deadLetterQueue: queue,
    });
    const [{ KeyPolicy } = {}] = propertiesOf(Template.fromStack(own), 'AWS::KMS::Key');
    expect(KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Principal: { Service: 'events.amazonaws.com' },
      }),
    );
  });

  test.each<[string, (scope: Stack) => sqs.IQueue, RegExp]>([
    [
      'an imported queue',
      (scope) => sqs.Queue.fromQueueArn(scope, 'Imported', 'arn:aws:sqs:us-east-1:111122223333:dead'),
      /^Invalid deadLetterQueue of ImportedRule: it is imported/,
    ],
    [
      "one under AWS's key",
      (scope) => new sqs.Queue(scope, 'Managed', { encryption: sqs.QueueEncryption.KMS_MANAGED }),
      /AWS's key for SQS/,
    ],
    [
      'one under an imported key',
      (scope) =>
        new sqs.Queue(scope, 'Foreign', {
          encryptionMasterKey: kms.Key.fromKeyArn(scope, 'K', 'arn:aws:kms:us-east-1:111122223333:key/k'),
        }),
      /its key is imported/,
    ],
  ])('%s would lose events silently, and is refused (aws-cdk#20804)', (_, queue, message) => {
    expect(subscribe(queue(stack))).toThrow(message);
  });
});

test('every function runs in the VPC that is given, with its network interfaces and no more', () => {
  const stack = new Stack(newApp(), 'App', { env: { account: '111122223333', region: 'eu-central-1' } });
  const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 2 }) as ec2.IVpc;
  const group = new ec2.SecurityGroup(stack, 'Group', { vpc });
  mount(stack, {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    securityGroups: [group],
    jwks: { keys: [{ kty: 'EC', kid: 'k' }] },
    tracing: true,
    logRetention: logs.RetentionDays.ONE_WEEK,
    reservedConcurrency: { register: 5 },
  });
  const template = Template.fromStack(stack);
  const functions = propertiesOf(template, 'AWS::Lambda::Function').filter(
    ({ Runtime }) => Runtime === 'nodejs24.x',
  );
  expect(functions).toHaveLength(6);
  for (const { VpcConfig, TracingConfig } of functions) {
    expect(VpcConfig.SubnetIds).toHaveLength(2);
    expect(VpcConfig.SecurityGroupIds).toEqual([
      { 'Fn::GetAtt': [expect.stringMatching(/^Group/), 'GroupId'] },
    ]);
    expect(TracingConfig).toEqual({ Mode: 'Active' });
  }
  expect(functions.flatMap(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions ?? [])).toEqual(
    [5],
  );
  for (const { RetentionInDays } of propertiesOf(template, 'AWS::Logs::LogGroup'))
    expect(RetentionInDays).toBe(7);
  const statements = propertiesOf(template, 'AWS::IAM::Policy').flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );
  expect(statements.filter(({ Action }) => Action.includes('ec2:CreateNetworkInterface'))).toHaveLength(6);
  const { violations } = new AwsSolutionsChecks().validateScope(stack);
  const own = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.filter(({ constructPath }) => constructPath?.includes('/Files/')).map(() => ruleName),
  );
  expect(own).toEqual([]);
});

test('a stack to throw away leaves nothing, once its buckets are empty', () => {
  const stack = new Stack(newApp(), 'App');
  mount(stack, { removalPolicy: RemovalPolicy.DESTROY });
  const kept = Object.entries(Template.fromStack(stack).toJSON()['Resources']).filter(
    ([, resource]) => ((resource as { DeletionPolicy?: string }).DeletionPolicy ?? 'Delete') !== 'Delete',
  );
  expect(kept).toEqual([]);
});

test("a bus of one's own takes the events, and its policy stays its owner's", () => {
  const stack = new Stack(newApp(), 'App');
  const eventBus = new events.EventBus(stack, 'Company') as events.IEventBus;
  const storage = mount(stack, { eventBus });
  expect(storage.bus.eventBus).toBe(eventBus);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Events::EventBus', 1);
  template.resourceCountIs('AWS::Events::EventBusPolicy', 0);
  const bus = { Ref: expect.stringMatching(/^Company/) };
  const publisher = propertiesOf(template, 'AWS::Lambda::Function').find(
    ({ Environment }) => Environment?.Variables.EVENT_BUS !== undefined,
  );
  expect(publisher?.Environment.Variables.EVENT_BUS).toEqual(bus);
});

test('who may redrive is not said of a bus that is given', () => {
  const stack = new Stack(newApp(), 'App');
  const eventBus = events.EventBus.fromEventBusName(stack, 'Company', 'company');
  const redrivers = ['arn:aws:iam::111122223333:role/operator'];
  expect(() => mount(stack, { eventBus, redrivers })).toThrow(/^Invalid redrivers/);
});

test('two mounts share an API, each under its path', () => {
  const stack = new Stack(newApp(), 'App');
  const httpApi = new apigw.HttpApi(stack, 'Api');
  mount(stack, { httpApi, pathPrefix: '/files' });
  mount(stack, { httpApi, pathPrefix: '/scans/raw' }, 'Scans');
  const routes = propertiesOf(Template.fromStack(stack), 'AWS::ApiGatewayV2::Route').map(
    ({ RouteKey }) => RouteKey,
  );
  expect(routes).toContain('POST /files/nexus/raw/register');
  expect(routes).toContain('POST /scans/raw/nexus/raw/register');
  expect(new Set(routes).size).toBe(2 * Object.keys(ROUTES).length);
});

test.each(['files', '/files/', '/a b', '/{tenant}'])('%j is no path prefix', (pathPrefix) => {
  expect(() => mount(new Stack(newApp(), 'App'), { pathPrefix })).toThrow(/^Invalid pathPrefix/);
});
