import type { Context } from 'aws-lambda';
import { SCOPES } from '#contract/tenant';
import type { ApiEvent } from '#core/http/request';

export const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

/** The tenant context of a caller who may do everything. */
export const acme = { tenant_id: 't_acme', env: 'dev', user_id: 'user-1', scopes: [...SCOPES] };

/** A request as the HTTP API hands it over: payload format 2.0, past the authorizer. */
export function apiEvent(
  body: unknown,
  {
    authorizer = acme as unknown,
    headers = {},
    pathParameters = {},
    ...rest
  }: Partial<Record<string, unknown>> = {},
): ApiEvent {
  return {
    version: '2.0',
    headers: { 'content-type': 'application/json', ...(headers as object) },
    pathParameters,
    requestContext: { requestId: 'request-1', authorizer: { lambda: authorizer } },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    isBase64Encoded: false,
    ...rest,
  } as unknown as ApiEvent;
}

/** An answer of a handler with its body parsed. */
export function read(response: unknown) {
  const { statusCode, headers, body } = response as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
  };
  return { status: statusCode, headers, body: JSON.parse(body) };
}
