import { Aws, Duration, Fn, Names, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ApiFunction, RouteTable } from '#contract/route';
import { ROUTES } from '#contract/routes';
import type { FunctionOptions } from './function-options.ts';
import { ServiceLogGroup } from './service-log-group.ts';
import { check } from './setting-error.ts';

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

const DEFAULT_THROTTLE: apigw.ThrottleSettings = { rateLimit: 1000, burstLimit: 2000 };

export interface ApiProps {
  /** The service's own function, or what takes its place: its context must be an AuthorizerContext. */
  readonly authorizer: lambda.IFunction | HttpLambdaAuthorizer;
  /** The functions that serve the routes. */
  readonly functions: Readonly<Record<ApiFunction, lambda.IFunction>>;
  /**
   * The routes, by the name of their operation.
   *
   * @default - the contract's
   */
  readonly routes?: RouteTable;
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
   * How many requests per second all clients together may send to an API of its own. Beyond it the gateway answers 429.
   * AWS calls it the default of the stage's routes, and does not say whether they share one bucket: count on one each.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
   *
   * @default - 1,000 per second, in bursts of at most 2,000
   */
  readonly throttle?: apigw.ThrottleSettings | undefined;
  /**
   * A prefix of the routes' paths, such as `/files`, so that two mounts may share an API.
   *
   * @default - nothing
   */
  readonly pathPrefix?: string | undefined;
  /**
   * How the access logs of an API of its own are kept.
   *
   * @default - a month, by a key of AWS's own
   */
  readonly options?: Pick<FunctionOptions, 'logRetention' | 'encryptionKey'>;
}

/** With 0 the gateway would answer nobody. */
const isLimit = (limit: number) => Number.isInteger(limit) && limit >= 1;
const LIMIT_RULE = 'a whole number of 1 or more';

const isPathPrefix = (path: string) => path === '' || /^(\/[\w.~-]+)+$/.test(path);

/** The routes on an HTTP API, every one behind the authorizer. */
export class Api extends Construct {
  readonly httpApi: apigw.IHttpApi | apigw.HttpApi;

  /** @throws SettingError for limits that cannot be */
  constructor(scope: Construct, id: string, props: ApiProps) {
    check('throttleRate', props.throttle?.rateLimit, isLimit, LIMIT_RULE);
    check('throttleBurst', props.throttle?.burstLimit, isLimit, LIMIT_RULE);
    check('pathPrefix', props.pathPrefix, isPathPrefix, 'a path such as /files');
    super(scope, id);
    const { functions, pathPrefix = '' } = props;
    const routes: RouteTable = props.routes ?? ROUTES;
    this.httpApi = props.httpApi ?? this.#newHttpApi(props, routes);
    // The CDK puts a route's authorizer and integration beside the API: by its id alone, that is here, and no stack of the
    // API's comes to depend on this one.
    const api = props.httpApi
      ? apigw.HttpApi.fromHttpApiAttributes(this, 'Given', { httpApiId: props.httpApi.apiId })
      : this.httpApi;
    const authorizer = 'bind' in props.authorizer ? props.authorizer : authorizerOf(props.authorizer);
    for (const [operation, { method, path, function: name }] of Object.entries(routes)) {
      const operationId = operation.replace(/^./, (letter) => letter.toUpperCase());
      new apigw.HttpRoute(this, `${operationId}Route`, {
        httpApi: api,
        routeKey: apigw.HttpRouteKey.with(`${pathPrefix}${path}`, apigw.HttpMethod[method]),
        integration: new HttpLambdaIntegration(operationId, functions[name]),
        authorizer,
        // An API's default scopes are for its own authorizer: a Lambda authorizer takes none.
        authorizationScopes: [],
      });
    }
  }

  #newHttpApi({ allowedOrigins = [], throttle, options }: ApiProps, routes: RouteTable) {
    const httpApi = new apigw.HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      ...(allowedOrigins.length > 0 && { corsPreflight: corsFor(allowedOrigins, routes) }),
    });
    new apigw.HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: { ...DEFAULT_THROTTLE, ...throttle },
      accessLogSettings: {
        destination: new apigw.LogGroupLogDestination(
          new ServiceLogGroup(this, 'AccessLogs', {
            ...options,
            logGroupName: accessLogGroupName(this),
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    return httpApi;
  }
}

/**
 * Where the gateway may write without a line in the account's policy of log groups, which an account with many APIs has no
 * room left in: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html
 * The last part of the stack's id makes it unique: a stack of that name before this one may have left its group behind.
 */
function accessLogGroupName(scope: Construct): string {
  const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return `/aws/vendedlogs/apis/${Aws.STACK_NAME}/${Names.nodeUniqueId(scope.node)}-${stackUuid}`;
}

function authorizerOf(fn: lambda.IFunction): HttpLambdaAuthorizer {
  return new HttpLambdaAuthorizer('RawStorageAuthorizer', fn, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.Authorization'],
    resultsCacheTtl: Duration.seconds(60),
  });
}

function corsFor(allowedOrigins: readonly string[], routes: RouteTable): apigw.CorsPreflightOptions {
  const methods = new Set(Object.values(routes).map(({ method }) => method));
  return {
    allowOrigins: [...allowedOrigins],
    allowMethods: [...methods].sort().map((method) => apigw.CorsHttpMethod[method]),
    // Tracing libraries add theirs to every request of a page.
    allowHeaders: [
      'authorization',
      'content-type',
      'x-tenant-id',
      'x-env',
      'traceparent',
      'tracestate',
      'x-request-id',
    ],
    exposeHeaders: ['retry-after', 'apigw-requestid'],
    maxAge: Duration.hours(1),
  };
}
