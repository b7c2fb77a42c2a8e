import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { expect, test } from 'vitest';
import { RawStorage, type RawStorageProps } from '../../lib/raw-storage.ts';
import { SettingError } from '../../lib/settings.ts';
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
  expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual([
    'GET /nexus/raw/{asset_id}',
    'POST /nexus/raw/presign-upload',
    'POST /nexus/raw/register',
  ]);
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
  expect(routesOf(template).map(({ ApiId }) => ApiId)).toEqual(['a1b2c3', 'a1b2c3', 'a1b2c3']);
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

test('archives every event, for 90 days unless told otherwise', () => {
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
  }
});
