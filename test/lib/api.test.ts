import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import { type RouteTable, routeKey } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { Api } from '../../lib/api.ts';
import type { FunctionName } from '../../lib/function-names.ts';
import { arn, functionNamed, resource, synth } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const template = synth();
const api = resource(template, 'AWS::ApiGatewayV2::Api');
const authorizer = resource(template, 'AWS::ApiGatewayV2::Authorizer');
const stage = resource(template, 'AWS::ApiGatewayV2::Stage');

test.each([
  ['POST /nexus/raw/presign-upload', 'presign-upload'],
  ['POST /nexus/raw/register', 'register'],
  ['POST /nexus/raw/batch/register', 'register'],
  ['GET /nexus/raw/{asset_id}', 'assets'],
] as const satisfies [string, FunctionName][])('%s reaches %s behind the authorizer', (routeKey, name) => {
  const routes = template.findResources('AWS::ApiGatewayV2::Route', { Properties: { RouteKey: routeKey } });
  const [{ Properties: route } = { Properties: {} }] = Object.values(routes);
  expect(route).toMatchObject({
    ApiId: { Ref: api.logicalId },
    AuthorizationType: 'CUSTOM',
    AuthorizerId: { Ref: authorizer.logicalId },
  });
  const [, [, { Ref: integration }]] = route.Target['Fn::Join'];
  expect(template.findResources('AWS::ApiGatewayV2::Integration')[integration]?.['Properties']).toMatchObject(
    {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: arn(functionNamed(template, name)),
      PayloadFormatVersion: '2.0',
    },
  );
});

test('has these routes only', () => {
  expect(api.properties.ProtocolType).toBe('HTTP');
  const keys = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
    ({ Properties }) => Properties.RouteKey,
  );
  expect(keys.sort()).toEqual(Object.values(ROUTES).map(routeKey).sort());
});

test('the authorizer answers simply, on payload 2.0, and a decision is kept for a minute', () => {
  expect(authorizer.properties).toMatchObject({
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    EnableSimpleResponses: true,
    AuthorizerResultTtlInSeconds: 60,
    IdentitySource: ['$request.header.Authorization'],
  });
  const {
    'Fn::Join': [, parts],
  } = authorizer.properties.AuthorizerUri;
  expect(parts).toContainEqual(arn(functionNamed(template, 'authorizer')));
});

test('deploys by itself and throttles', () => {
  expect(stage.properties).toMatchObject({
    StageName: '$default',
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
  });
  const throttled = synth({ throttle: { rateLimit: 7, burstLimit: 9 } });
  expect(resource(throttled, 'AWS::ApiGatewayV2::Stage').properties.DefaultRouteSettings).toEqual({
    ThrottlingRateLimit: 7,
    ThrottlingBurstLimit: 9,
  });
  const slower = synth({ throttle: { rateLimit: 7 } });
  expect(resource(slower, 'AWS::ApiGatewayV2::Stage').properties.DefaultRouteSettings).toEqual({
    ThrottlingRateLimit: 7,
    ThrottlingBurstLimit: 2000,
  });
  expect(() => synth({ throttle: { burstLimit: 0 } })).toThrow(
    'Invalid throttleBurst 0: it must be a whole number of 1 or more',
  );
});

test('logs where the gateway may write in an account with many APIs, in a group that no other stack has (serverless#10469, sst#6231)', () => {
  const { DestinationArn } = stage.properties.AccessLogSettings;
  const group = template.findResources('AWS::Logs::LogGroup')[DestinationArn['Fn::GetAtt'][0]];
  const [, parts] = group?.['Properties'].LogGroupName['Fn::Join'] ?? [];
  expect(parts[0]).toBe('/aws/vendedlogs/apis/');
  expect(parts).toContainEqual({ Ref: 'AWS::StackName' });
  expect(parts).toContainEqual({
    'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }],
  });
});

test('logs each access as JSON, without a header of the request, for a month', () => {
  const { DestinationArn, Format } = stage.properties.AccessLogSettings;
  const group = template.findResources('AWS::Logs::LogGroup')[DestinationArn['Fn::GetAtt'][0]];
  expect(group?.['Properties']).toMatchObject({ RetentionInDays: 30 });
  const fields: Record<string, string> = JSON.parse(Format);
  expect(fields).toMatchObject({ request_id: '$context.requestId', status: '$context.status' });
  for (const variable of Object.values(fields)) {
    expect(variable).toMatch(/^\$context\.[A-Za-z.]*[a-zA-Z_]+$/);
    expect(variable).not.toMatch(/header|identitySource/i);
  }
});

test('answers browsers of the allowed origins only', () => {
  expect(api.properties).not.toHaveProperty('CorsConfiguration');
  const allowedOrigins = ['https://app.example'];
  const { properties } = resource(synth({ allowedOrigins }), 'AWS::ApiGatewayV2::Api');
  expect(properties.CorsConfiguration).toEqual({
    AllowOrigins: allowedOrigins,
    AllowMethods: ['DELETE', 'GET', 'POST'],
    AllowHeaders: [
      'authorization',
      'content-type',
      'x-tenant-id',
      'x-env',
      'traceparent',
      'tracestate',
      'x-request-id',
    ],
    ExposeHeaders: ['retry-after', 'apigw-requestid'],
    MaxAge: 3600,
  });
});

test('a route that is added to the table is on the gateway, and its method in CORS', () => {
  const routes = {
    ...ROUTES,
    putThing: { ...ROUTES.getAsset, path: '/nexus/things', method: 'PUT', scope: 'raw:write' },
  } as const satisfies RouteTable;
  const stack = new Stack(
    new App({
      outdir: temporaryDirectory(),
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
    }),
  );
  const functionOf = (id: string) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({})'),
    });
  new Api(stack, 'Api', {
    routes,
    authorizer: functionOf('Authorizer'),
    functions: {
      'presign-upload': functionOf('PresignUpload'),
      register: functionOf('Register'),
      assets: functionOf('Assets'),
    },
    allowedOrigins: ['https://app.example'],
  });
  const larger = Template.fromStack(stack);
  const [added] = Object.values(
    larger.findResources('AWS::ApiGatewayV2::Route', {
      Properties: { RouteKey: 'PUT /nexus/things' },
    }),
  );
  expect(added?.['Properties']).toMatchObject({
    AuthorizationType: 'CUSTOM',
    AuthorizerId: { Ref: resource(larger, 'AWS::ApiGatewayV2::Authorizer').logicalId },
  });
  larger.resourceCountIs('AWS::ApiGatewayV2::Route', Object.keys(routes).length);
  const { AllowMethods } = resource(larger, 'AWS::ApiGatewayV2::Api').properties.CorsConfiguration;
  expect(AllowMethods).toEqual(['DELETE', 'GET', 'POST', 'PUT']);
});
