import type * as v from 'valibot';
import { DeletedAsset, RawAsset, RegisteredAsset } from '#contract/asset';
import type { Route } from '#contract/route';
import { ROUTE_SUMMARIES } from '#contract/route-summaries';
import { ROUTES } from '#contract/routes';
import { PresignRequest, PresignResponse, RegisterRequest } from '#contract/uploads';
import type { JsonSchema } from '../breaking-changes.ts';
import { described, descriptionOf } from './descriptions.ts';
import { EXAMPLES } from './examples.ts';
import { GATEWAY_MESSAGE, PROBLEM, ref, refusals } from './refusals.ts';
import { wireSchema } from './wire-schemas.ts';

type RouteName = keyof typeof ROUTES;

/** What the document has once, by its name there. */
const COMPONENTS = {
  PresignRequest,
  PresignResponse,
  RegisterRequest,
  RegisteredAsset,
  DeletedAsset,
  RawAsset,
} satisfies Record<string, v.GenericSchema>;
const NAMES = new Map<object, string>(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]));

const HEADERS = [
  ['X-Tenant-Id', "If sent, the token's tenant: anything else is refused with `tenant_mismatch`."],
  ['X-Env', "If sent, the token's env."],
].map(([name, description]) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
}));

/** The OpenAPI document of the HTTP API, made from the table of routes: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path }: Route = ROUTES[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Nexus Raw Storage',
      version: '0.1.0',
      summary: 'Tenant-scoped storage for raw files.',
      description:
        'A client asks for an upload, posts the bytes to S3 by the form that it is given, and registers the result. The token alone says whose assets these are.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:4000', description: 'npm start, on this machine' }],
    security: [{ token: [] }],
    tags: [
      { name: 'uploads', description: 'Taking files in.' },
      { name: 'assets', description: 'What is registered.' },
    ],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            "Of the deployment's issuer. It names the tenant, and holds the scopes of what it may do.",
        },
      },
      schemas: {
        ...Object.fromEntries(
          Object.entries(COMPONENTS).map(([name, schema]) => {
            const others = new Map([...NAMES].filter(([named]) => named !== schema));
            return [name, described(wireSchema(schema, others))];
          }),
        ),
        Problem: { description: 'An error, by RFC 9457.', ...described(PROBLEM) },
        GatewayMessage: { description: "The gateway's own refusal.", ...described(GATEWAY_MESSAGE) },
      },
    },
  };
}

function operation(name: RouteName): object {
  const route: Route = ROUTES[name];
  const { request, response, scope } = route;
  const { request: asked, response: answered } = EXAMPLES[name];
  return {
    operationId: name,
    summary: ROUTE_SUMMARIES[name],
    description: scope === 'any' ? 'Any token of a tenant will do.' : `Needs the scope \`${scope}\`.`,
    tags: [route.function === 'assets' ? 'assets' : 'uploads'],
    parameters: [...parameters(request.params, 'path'), ...parameters(request.query, 'query'), ...HEADERS],
    ...(request.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: schemaOf(request.body, route, 'request'),
            examples: { one: { value: asked } },
          },
        },
      },
    }),
    responses: {
      '200': {
        description: 'It is done.',
        content: {
          'application/json': {
            schema: schemaOf(response, route, 'response'),
            examples: { one: { value: answered } },
          },
        },
      },
      ...refusals(route),
    },
  };
}

/** The items of a batch are the requests and the answers of its single route. */
function schemaOf(schema: v.GenericSchema, { batchOf }: Route, part: 'request' | 'response'): JsonSchema {
  const name = NAMES.get(schema);
  if (name !== undefined) return ref(name);
  const converted = described(wireSchema(schema, NAMES));
  const { items } = converted.properties ?? {};
  if (batchOf === undefined || items === undefined) return converted;
  const single: Route = ROUTES[batchOf as RouteName];
  const item =
    part === 'request' ? schemaOf(single.request.body as v.GenericSchema, single, part) : outcome(single);
  return { ...converted, properties: { ...converted.properties, items: { ...items, items: item } } };
}

function outcome(single: Route): JsonSchema {
  const body = { anyOf: [schemaOf(single.response, single, 'response'), ref('Problem')] };
  return described({
    type: 'object',
    properties: { status: { type: 'integer' }, body },
    required: ['status', 'body'],
  });
}

function parameters(schema: v.GenericSchema | undefined, place: 'path' | 'query'): object[] {
  const { entries = {} } = (schema ?? {}) as { entries?: Record<string, v.GenericSchema> };
  return Object.entries(entries).map(([name, entry]) => ({
    name,
    in: place,
    required: entry.type !== 'optional',
    description: descriptionOf(name),
    schema: wireSchema(entry),
  }));
}
