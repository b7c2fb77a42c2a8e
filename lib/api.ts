import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Nothing here holds a token: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
const ACCESS_LOG = {
  request_id: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.routeKey',
  status: '$context.status',
  response_bytes: '$context.responseLength',
  latency_ms: '$context.responseLatency',
  tenant_id: '$context.authorizer.tenant_id',
  error: '$context.error.message',
  authorizer_error: '$context.authorizer.error',
  integration_error: '$context.integrationErrorMessage',
};

export interface ApiProps {
  readonly authorizer: lambda.IFunction;
  readonly presignUpload: lambda.IFunction;
  readonly register: lambda.IFunction;
  readonly getAsset: lambda.IFunction;
  /**
   * The API to mount the routes on; its stages, CORS and throttling stay its owner's.
   *
   * @default - one of its own
   */
  readonly httpApi?: apigw.IHttpApi | apigw.HttpApi;
  /**
   * Origins of browser clients, for an API of its own.
   *
   * @default - none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * For an API of its own: what all clients together may send, in requests per second; beyond it the gateway answers 429.
   *
   * @default - 100 per second, in bursts of at most 200
   */
  readonly throttle?: apigw.ThrottleSettings;
}

/** The routes on an HTTP API, every one behind the authorizer. */
export class Api extends Construct {
  readonly httpApi: apigw.IHttpApi | apigw.HttpApi;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.httpApi = props.httpApi ?? this.#newHttpApi(props);
    const authorizer = new HttpLambdaAuthorizer('RawStorageAuthorizer', props.authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(60),
    });
    const route = (method: apigw.HttpMethod, path: string, fn: lambda.IFunction) =>
      new apigw.HttpRoute(this, `${fn.node.id}-route`, {
        httpApi: this.httpApi,
        routeKey: apigw.HttpRouteKey.with(path, method),
        integration: new HttpLambdaIntegration(fn.node.id, fn),
        authorizer,
        // An API's default scopes are for its own authorizer: a Lambda authorizer takes none.
        authorizationScopes: [],
      });
    route(apigw.HttpMethod.POST, '/nexus/raw/presign-upload', props.presignUpload);
    route(apigw.HttpMethod.POST, '/nexus/raw/register', props.register);
    route(apigw.HttpMethod.GET, '/nexus/raw/{asset_id}', props.getAsset);
  }

  #newHttpApi({ allowedOrigins = [], throttle = { rateLimit: 100, burstLimit: 200 } }: ApiProps) {
    const httpApi = new apigw.HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      ...(allowedOrigins.length > 0 && { corsPreflight: corsFor(allowedOrigins) }),
    });
    new apigw.HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new apigw.LogGroupLogDestination(
          new logs.LogGroup(this, 'AccessLogs', {
            retention: logs.RetentionDays.ONE_MONTH,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    return httpApi;
  }
}

function corsFor(allowedOrigins: readonly string[]): apigw.CorsPreflightOptions {
  return {
    allowOrigins: [...allowedOrigins],
    allowMethods: [apigw.CorsHttpMethod.GET, apigw.CorsHttpMethod.POST],
    allowHeaders: ['authorization', 'content-type', 'x-tenant-id', 'x-env'],
    exposeHeaders: ['retry-after'],
    maxAge: Duration.hours(1),
  };
}
