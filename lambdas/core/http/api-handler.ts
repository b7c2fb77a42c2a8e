import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type * as v from 'valibot';
import { type ApiFunction, type Route, type RouteTable, routeKey } from '#contract/route';
import { RawStorageError } from '#core/errors';
import { toProblem } from '#core/http/problem';
import { type ApiEvent, callerOf, requireMay } from '#core/http/request';
import { parseInput, type RouteInput } from '#core/http/route-input';
import type { Caller } from '#core/identity/caller';

/** Long enough to answer before Lambda ends the invocation, which would tell the client nothing. */
const RESERVE_MS = 500;

/** Where the routes are mounted, which the paths of the table do not know. */
const PREFIX = / .*(?=\/nexus\/)/;

/**
 * Does a route's work, for a caller who may call it; what it resolves to is answered with 200.
 *
 * @param deadline epoch milliseconds, by which the answer must be there
 */
type Operation<TRoute extends Route> = (
  caller: Caller,
  input: RouteInput<TRoute['request']>,
  deadline: number,
) => Promise<v.InferInput<TRoute['response']>>;

/** One operation for each route of a function, no more and no fewer. */
type Operations<TRoutes extends RouteTable, TFunction extends ApiFunction> = {
  readonly [TName in keyof TRoutes as TRoutes[TName]['function'] extends TFunction
    ? TName
    : never]: Operation<TRoutes[TName]>;
};

/** A route with the operation that serves it. What it takes is checked by the types where the two are put together. */
interface Served {
  readonly route: Route;
  readonly operation: (caller: Caller, input: unknown, deadline: number) => Promise<unknown>;
}

interface Call {
  readonly served: Served;
  readonly caller: Caller;
  readonly input: unknown;
}

type ParsedEvent = ApiEvent & { -readonly [TPart in keyof Call]?: Call[TPart] };

/**
 * The handler of one of the API's functions: which route, who calls, what is asked, the work, the answer; every error
 * becomes a problem.
 *
 * @param operations by the name that the route has in `routes`
 */
export function apiHandler<TFunction extends ApiFunction, TRoutes extends RouteTable>(
  name: TFunction,
  operations: Operations<TRoutes, TFunction>,
  routes: TRoutes,
) {
  const served = servedBy(
    name,
    operations as unknown as Readonly<Record<string, Served['operation']>>,
    routes,
  );
  const options = { timeoutEarlyInMillis: RESERVE_MS, timeoutEarlyResponse: refuseLate };
  return middy<ParsedEvent, APIGatewayProxyStructuredResultV2, Error, Context>(options)
    .before(({ event }) => {
      const found = served.get(event.routeKey.replace(PREFIX, ' '));
      // The gateway sends a function its own routes alone: anything else is a mistake of the deployment.
      if (found === undefined) throw new Error(`${name} does not serve ${event.routeKey}`);
      event.served = found;
    })
    .before(({ event }) => {
      // Set before it is checked, so that the log of a refusal names the tenant.
      event.caller = callerOf(event);
      requireMay(event.caller, event, (event as Call).served.route.scope);
    })
    .before(({ event }) => {
      event.input = parseInput((event as Call).served.route.request, event);
    })
    .onError((request) => {
      const { requestContext, caller } = request.event;
      const problem = toProblem(request.error, requestContext.requestId, caller?.tenant_id);
      request.response = respond(problem.status, 'application/problem+json', problem);
    })
    .handler(async (event, context) => {
      const { served, caller, input } = event as Call;
      const deadline = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
      return respond(200, 'application/json', await served.operation(caller, input, deadline));
    });
}

function servedBy(
  name: ApiFunction,
  operations: Readonly<Record<string, Served['operation']>>,
  routes: RouteTable,
): ReadonlyMap<string, Served> {
  const own = Object.entries(routes).filter(([, route]) => route.function === name);
  return new Map(
    own.map(([operationName, route]) => [
      routeKey(route),
      { route, operation: operations[operationName] as Served['operation'] },
    ]),
  );
}

function refuseLate(): never {
  throw new RawStorageError('unavailable', 'The request could not be served in time');
}

function respond(statusCode: number, contentType: string, body: unknown): APIGatewayProxyStructuredResultV2 {
  const headers: Record<string, string> = { 'content-type': contentType, 'cache-control': 'no-store' };
  if (statusCode === 503) headers['retry-after'] = '1';
  return { statusCode, headers, body: JSON.stringify(body) };
}
