import { App, type CfnElement, Duration, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import { routeKey } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { RawStorage, type RawStorageProps } from '../../lib/raw-storage.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { resource } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function mount(props: Partial<RawStorageProps>, stack: Stack): RawStorage {
  return new RawStorage(stack, 'Files', { issuer: 'https://issuer.example', audience: 'nexus', ...props });
}

function newStack(): Stack {
  return new Stack(
    new App({
      outdir: temporaryDirectory(),
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
    }),
    'Stack',
  );
}

function routesOf(template: Template) {
  return Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
    ({ Properties }) => Properties,
  );
}

test("mounts its routes on an API that is there, behind an authorizer of its own, and leaves the API's own alone", () => {
  const stack = newStack();
  const httpApi = new apigw.HttpApi(stack, 'Theirs', {
    defaultAuthorizer: new HttpJwtAuthorizer('RawStorage', 'https://theirs.example', {
      jwtAudience: ['app'],
    }),
    defaultAuthorizationScopes: ['app/all'],
  });
  const storage = mount({ httpApi }, stack);
  expect(storage.httpApi).toBe(httpApi);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
  template.resourceCountIs('AWS::ApiGatewayV2::Stage', 1);
  const authorizer = resource(template, 'AWS::ApiGatewayV2::Authorizer');
  expect(authorizer.properties.AuthorizerType).toBe('REQUEST');
  const routes = routesOf(template);
  expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(Object.values(ROUTES).map(routeKey).sort());
  for (const route of routes) {
    expect(route).toMatchObject({
      ApiId: { Ref: resource(template, 'AWS::ApiGatewayV2::Api').logicalId },
      AuthorizationType: 'CUSTOM',
      AuthorizerId: { Ref: authorizer.logicalId },
    });
    expect(route).not.toHaveProperty('AuthorizationScopes');
  }
});

test('mounts on an API that another app deploys', () => {
  const stack = newStack();
  mount({ httpApi: apigw.HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'a1b2c3' }) }, stack);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  expect(routesOf(template).map(({ ApiId }) => ApiId)).toEqual(Object.keys(ROUTES).map(() => 'a1b2c3'));
});

test('two in one stack, each on an API of its own', () => {
  const stack = newStack();
  mount({}, stack);
  new RawStorage(stack, 'Others', { issuer: 'https://other.example', audience: 'nexus' });
  Template.fromStack(stack).resourceCountIs('AWS::ApiGatewayV2::Api', 2);
});

test('refuses limits on an API that has its own', () => {
  const stack = newStack();
  const httpApi = new apigw.HttpApi(stack, 'Theirs');
  expect(() => mount({ httpApi, throttle: { rateLimit: 1, burstLimit: 1 } }, stack)).toThrow(
    new SettingError('Invalid throttle: an API that is given has stages, and limits, of its own'),
  );
});

test('archives every event, for 90 days unless told otherwise, with no empty key (aws-cdk#37847)', () => {
  for (const [props, days] of [
    [{}, 90],
    [{ archiveRetention: Duration.days(7) }, 7],
  ] as const) {
    const stack = newStack();
    mount(props, stack);
    const template = Template.fromStack(stack);
    const { logicalId } = resource(template, 'AWS::Events::EventBus');
    expect(resource(template, 'AWS::Events::Archive').properties).toMatchObject({
      EventPattern: { source: ['nexus.raw-storage'] },
      RetentionDays: days,
      SourceArn: { 'Fn::GetAtt': [logicalId, 'Arn'] },
    });
    expect(resource(template, 'AWS::Events::Archive').properties).not.toHaveProperty('KmsKeyIdentifier');
  }
});

test('routes are behind an authorizer of one’s own where it is given, and then no tokens are verified', () => {
  const stack = newStack();
  const fn = new lambda.Function(stack, 'Own', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({})'),
  });
  const authorizer = new HttpLambdaAuthorizer('OwnAuthorizer', fn, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
  });
  new RawStorage(stack, 'Files', { authorizer });
  const template = Template.fromStack(stack);
  const { logicalId, properties } = resource(template, 'AWS::ApiGatewayV2::Authorizer');
  expect(JSON.stringify(properties.AuthorizerUri)).toContain(
    stack.getLogicalId(fn.node.defaultChild as CfnElement),
  );
  for (const route of routesOf(template)) expect(route.AuthorizerId).toEqual({ Ref: logicalId });
  expect(Object.keys(template.findResources('AWS::Lambda::Function')).join()).not.toContain('authorizer');
  expect(Object.keys(template.findResources('AWS::CloudWatch::Alarm')).join()).not.toContain('IssuerKeys');
});

test('an authorizer of one’s own leaves no setting of tokens without a reader', () => {
  const stack = newStack();
  const fn = lambda.Function.fromFunctionName(stack, 'Own', 'own');
  const authorizer = new HttpLambdaAuthorizer('OwnAuthorizer', fn);
  for (const setting of [{ issuer: 'https://issuer.example' }, { audience: 'nexus' }, { tenantClaim: 'org' }])
    expect(() => new RawStorage(stack, 'Files', { authorizer, ...setting })).toThrow(
      new SettingError(`Invalid ${Object.keys(setting)}: the authorizer that is given verifies the tokens`),
    );
  expect(() => new RawStorage(stack, 'Files', {})).toThrow(/^Missing issuer: /);
});

test('the issuer may be known at deployment only, and audiences be a list that is', () => {
  const stack = newStack();
  const issuer = Fn.importValue('Issuer');
  mount({ issuer, audience: Fn.split(',', Fn.importValue('Clients')) }, stack);
  const [{ Properties }] = Object.values(
    Template.fromStack(stack).findResources('AWS::Lambda::Function', {
      Properties: { Environment: { Variables: { JWT_ISSUER: { 'Fn::ImportValue': 'Issuer' } } } },
    }),
  ) as [{ Properties: { Environment: { Variables: Record<string, unknown> } } }];
  expect(Properties.Environment.Variables['JWT_AUDIENCE']).toEqual({
    'Fn::Join': [' ', { 'Fn::Split': [',', { 'Fn::ImportValue': 'Clients' }] }],
  });
});
