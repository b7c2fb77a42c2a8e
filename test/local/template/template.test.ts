import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { routeKey } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { readApi } from '../../../local/apigateway/template.ts';
import { readStreamMappings } from '../../../local/lambda/mapping-template.ts';
import { readFunctions } from '../../../local/lambda/template.ts';
import { readBuckets } from '../../../local/s3/template.ts';
import type { StackTemplate } from '../../../local/template/template.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { stackTemplate, templateOf } from '../template-of.ts';

describe('the stack', () => {
  let template: StackTemplate;
  beforeAll(() => {
    const settings = {
      issuer: 'http://127.0.0.1:4000',
      audience: 'nexus-local',
      allowedOrigins: ['https://app.example'],
      throttle: { rateLimit: 7, burstLimit: 8 },
    };
    template = stackTemplate(temporaryDirectory(), settings);
  });

  test('routes are its routes, behind its authorizer, at its rate', () => {
    const api = readApi(template);
    expect(api.routes.map(({ routeKey, functionName }) => [routeKey, functionName])).toEqual(
      Object.values(ROUTES).map((route) => [routeKey(route), route.function]),
    );
    for (const { authorizer, timeoutMs } of api.routes) {
      expect(timeoutMs).toBe(30_000);
      expect(authorizer).toBe(api.routes[0]?.authorizer);
      expect(authorizer).toEqual({
        functionName: 'authorizer',
        identitySource: ['$request.header.Authorization'],
        ttlSeconds: 60,
      });
    }
    expect(api.throttling).toEqual({ ratePerSecond: 7, burst: 8 });
    expect(api.cors).toMatchObject({
      allowOrigins: ['https://app.example'],
      maxAgeSeconds: 3600,
      allowCredentials: false,
    });
  });

  test('functions have their bundle, limits and environment, with local names in it', () => {
    const functions = readFunctions(template, (role) => ({ ROLE: role }));
    const byName = Object.fromEntries(functions.map((definition) => [definition.name, definition]));
    expect(Object.keys(byName).sort()).toEqual([
      'assets',
      'authorizer',
      'presign-upload',
      'publish-events',
      'register',
      'settle',
    ]);
    for (const { directory, handler } of functions) {
      expect(handler).toBe('index.handler');
      expect(existsSync(join(directory, 'index.js'))).toBe(true);
    }
    expect(byName['register']).toMatchObject({ timeoutSeconds: 25, memoryMb: 1024 });
    expect(byName['register']?.environment).toMatchObject({
      RAW_BUCKET: 'raw-bucket',
      ASSET_TABLE: 'asset-table',
      TENANT_ROLE_ARN: 'arn:aws:iam::000000000000:role/tenant-role',
      BUCKET_OWNER: '000000000000',
    });
    expect(byName['authorizer']?.environment).toMatchObject({
      JWT_ISSUER: 'http://127.0.0.1:4000',
      JWT_AUDIENCE: 'nexus-local',
    });
    expect(byName['publish-events']?.environment).toMatchObject({
      ROLE: 'arn:aws:iam::000000000000:role/publish-events-role',
      AWS_LAMBDA_FUNCTION_NAME: 'publish-events',
      EVENT_BUS: 'event-bus',
      POISON_QUEUE_URL: 'http://127.0.0.1:4001/000000000000/poison-queue',
    });
  });

  test('its buckets are there, that of the assets with its CORS rules', () => {
    expect(readBuckets(template)).toEqual([
      {
        name: 'raw-bucket',
        versioned: true,
        notifies: true,
        corsRules: [expect.objectContaining({ AllowedOrigins: ['https://app.example'] })],
      },
      { name: 'failure-bucket', versioned: false, corsRules: [] },
      { name: 'settlement-failure-bucket', versioned: false, corsRules: [] },
    ]);
  });

  test('the mapping has its function, its settings and its failure destination', () => {
    const mappings = readStreamMappings(template);
    expect(mappings.map(({ functionName }) => functionName)).toEqual(['publish-events', 'settle']);
    expect(mappings[0]).toMatchObject({
      table: {
        name: 'asset-table',
        streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/asset-table/stream/local',
        keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        attributeDefinitions: ['pk', 'list_pk', 'list_sk'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
      },
      functionName: 'publish-events',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:publish-events',
      settings: {
        batchSize: 100,
        parallelizationFactor: 10,
        maximumRecordAgeInSeconds: 20 * 3600,
        maximumRetryAttempts: -1,
        bisect: true,
        reportBatchItemFailures: true,
      },
      failureBucket: 'failure-bucket',
    });
  });

  test('outputs that name local resources', () => {
    expect(['RawBucketName', 'AssetTableName', 'EventBusName'].map((name) => template.output(name))).toEqual([
      'raw-bucket',
      'asset-table',
      'event-bus',
    ]);
    expect(() => template.output('Other')).toThrow('no output Other');
    expect(() => template.output('ApiUrl')).toThrow('has no local value');
  });

  test('the URL of the API is an output where the API runs', () => {
    const running = stackTemplate(temporaryDirectory(), {}, 'http://127.0.0.1:4000');
    expect(running.output('ApiUrl')).toBe('http://127.0.0.1:4000');
  });
});

const api = { Type: 'AWS::ApiGatewayV2::Api' };
const stage = { Type: 'AWS::ApiGatewayV2::Stage' };
const read = (resources: object) => readApi(templateOf({ api, stage, ...resources }));
const integration = {
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: { IntegrationUri: { Ref: 'fn' }, TimeoutInMillis: 900 },
};
const fn = { Type: 'AWS::Lambda::Function', Metadata: { 'aws:cdk:path': 'Stack/Some/do-it/Resource' } };
const routeOf = (more: object) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: { RouteKey: 'GET /', Target: { 'Fn::Sub': 'integrations/${integration}' }, ...more },
});

test('an API without CORS, throttling or authorization has none', () => {
  expect(read({ integration, fn, route: routeOf({ AuthorizationType: 'NONE' }) })).toEqual({
    routes: [{ routeKey: 'GET /', functionName: 'do-it', timeoutMs: 900 }],
  });
});

test('what the local gateway cannot do is an error, and no open route', () => {
  const jwt = { integration, fn, route: routeOf({ AuthorizationType: 'JWT', AuthorizerId: 'x' }) };
  expect(() => read(jwt)).toThrow('The authorization of GET / has no local counterpart');
  expect(() => read({ authorizer: { Type: 'AWS::ApiGatewayV2::Authorizer' } })).toThrow(
    'only simple responses',
  );
  expect(() => read({ route: routeOf({ Target: 'integrations/other' }) })).toThrow(
    'no AWS::ApiGatewayV2::Integration',
  );
  expect(() => readApi(templateOf({}))).toThrow('no HTTP API');
});

test('a function has Lambda’s defaults, and needs a bundle', () => {
  const template = (metadata: Record<string, unknown>) =>
    templateOf({ fn: { ...fn, Metadata: metadata, Properties: { Handler: 'index.handler' } } });
  expect(readFunctions(template({ 'aws:asset:path': 'asset.1' }), () => ({}))[0]).toMatchObject({
    name: 'fn',
    directory: '/assembly/asset.1',
    timeoutSeconds: 3,
    memoryMb: 128,
  });
  expect(() => readFunctions(template({}), () => ({}))).toThrow('no asset');
});
