import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import * as v from 'valibot';
import type { Route } from '#contract/route';
import { AuthorizerContext } from '#contract/tenant';
import { RawStorageError } from '#core/errors';
import type { Caller } from '#core/identity/caller';

/** An HTTP API request, payload format 2.0, that passed the authorizer; its header names are in lower case. */
export type ApiEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>;

/**
 * Reads the caller from the authorizer's context, and from nothing else.
 *
 * @throws RawStorageError `tenant_missing`
 */
export function callerOf({ requestContext, headers }: ApiEvent): Caller {
  const context = v.safeParse(AuthorizerContext, requestContext.authorizer?.lambda);
  if (!context.success || context.output.tenant_id === undefined) {
    throw new RawStorageError('tenant_missing', 'The token names no tenant to act for');
  }
  const { tenant_id } = context.output;
  const request_id = requestContext.requestId;
  return {
    ...context.output,
    tenant_id,
    request_id,
    trace_id: traceRoot(headers['x-amzn-trace-id']) ?? request_id,
  };
}

/** @throws RawStorageError `tenant_mismatch`, `scope_missing` */
export function requireMay({ tenant_id, env, scopes }: Caller, { headers }: ApiEvent, scope: Route['scope']) {
  if ((headers['x-tenant-id'] ?? tenant_id) !== tenant_id || (headers['x-env'] ?? env) !== env) {
    throw new RawStorageError(
      'tenant_mismatch',
      'X-Tenant-Id and X-Env, if sent, must be those of the token',
    );
  }
  if (scope !== 'any' && !scopes.includes(scope))
    throw new RawStorageError('scope_missing', `The token lacks the scope ${scope}`);
}

/** The trace that a request belongs to; the header may be a client's own, and of any length: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html */
function traceRoot(header = ''): string | undefined {
  return /(?:^|;)Root=([\w-]{1,64})(?:;|$)/.exec(header)?.[1];
}
