import { App, CfnParameter, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import { RawStorage } from '../../lib/raw-storage.ts';
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
  expect(Object.keys(Template.fromStack(files).findResources('AWS::ApiGatewayV2::Route'))).toHaveLength(3);
});
