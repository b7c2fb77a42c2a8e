import type { ResourceTypes } from '../template/resource-types.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { ApiDefinition, AuthorizerDefinition, CorsDefinition, RouteDefinition } from './definition.ts';

export const API_RESOURCES: ResourceTypes = {
  'AWS::ApiGatewayV2::Api': ({ logicalId }, { api }) => ({ Ref: logicalId, ApiEndpoint: api }),
  'AWS::ApiGatewayV2::Integration': ({ logicalId }) => ({ Ref: logicalId }),
  'AWS::ApiGatewayV2::Authorizer': ({ logicalId }) => ({ Ref: logicalId }),
};

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_TTL_SECONDS = 300;

/**
 * Reads the stack's HTTP API.
 *
 * @throws UnsupportedTemplateError where there is none, or where it asks for what the local gateway lacks
 */
export function readApi(template: StackTemplate): ApiDefinition {
  const [api] = template.resources('AWS::ApiGatewayV2::Api');
  const [stage] = template.resources('AWS::ApiGatewayV2::Stage');
  if (api === undefined || stage === undefined)
    throw new UnsupportedTemplateError('The template has no HTTP API with a stage');
  const authorizers = new Map(
    template
      .resources('AWS::ApiGatewayV2::Authorizer')
      .map((resource) => [resource.logicalId, readAuthorizer(template, resource)]),
  );
  const routes = template
    .resources('AWS::ApiGatewayV2::Route')
    .map((resource) => readRoute(template, authorizers, resource));
  const cors = api.properties['CorsConfiguration'] as CorsJson | undefined;
  const settings = (stage.properties['DefaultRouteSettings'] ?? {}) as Record<string, number>;
  const { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit: burst } = settings;
  return {
    routes,
    ...(cors && { cors: readCors(cors) }),
    ...(ratePerSecond !== undefined && burst !== undefined && { throttling: { ratePerSecond, burst } }),
  };
}

function readRoute(
  template: StackTemplate,
  authorizers: ReadonlyMap<string, AuthorizerDefinition>,
  { properties }: Resource,
): RouteDefinition {
  const { properties: integration } = template.referred(
    'AWS::ApiGatewayV2::Integration',
    properties['Target'],
  );
  const authorizer = authorizers.get(String(template.resolve(properties['AuthorizerId'] ?? '')));
  if (
    properties['AuthorizationType'] !== undefined &&
    properties['AuthorizationType'] !== 'NONE' &&
    !authorizer
  ) {
    throw new UnsupportedTemplateError(
      `The authorization of ${properties['RouteKey']} has no local counterpart`,
    );
  }
  return {
    routeKey: String(properties['RouteKey']),
    functionName: template.referred('AWS::Lambda::Function', integration['IntegrationUri']).name,
    timeoutMs: Number(integration['TimeoutInMillis'] ?? DEFAULT_TIMEOUT_MS),
    ...(authorizer && { authorizer }),
  };
}

function readAuthorizer(template: StackTemplate, { name, properties }: Resource): AuthorizerDefinition {
  if (properties['EnableSimpleResponses'] !== true)
    throw new UnsupportedTemplateError(`${name}: only simple responses are run locally`);
  return {
    functionName: template.referred('AWS::Lambda::Function', properties['AuthorizerUri']).name,
    identitySource: (properties['IdentitySource'] ?? []) as string[],
    ttlSeconds: Number(properties['AuthorizerResultTtlInSeconds'] ?? DEFAULT_TTL_SECONDS),
  };
}

interface CorsJson {
  readonly AllowOrigins?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly AllowCredentials?: boolean;
  readonly MaxAge?: number;
}

function readCors(json: CorsJson): CorsDefinition {
  return {
    allowOrigins: json.AllowOrigins ?? [],
    allowMethods: json.AllowMethods ?? [],
    allowHeaders: json.AllowHeaders ?? [],
    exposeHeaders: json.ExposeHeaders ?? [],
    allowCredentials: json.AllowCredentials ?? false,
    ...(json.MaxAge !== undefined && { maxAgeSeconds: json.MaxAge }),
  };
}
