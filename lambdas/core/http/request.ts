import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import * as v from 'valibot';
import { parseJson } from '#contract/json';
import { AuthorizerContext, type Scope } from '#contract/tenant';
import { RawStorageError } from '#core/errors';
import type { Caller } from '#core/identity/caller';

/** An HTTP API request, payload format 2.0, that passed the authorizer; its header names are in lower case. */
export type ApiEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>;

/**
 * Who calls, by the authorizer's context alone.
 *
 * @throws RawStorageError `tenant_missing`, `tenant_mismatch`, `scope_missing`
 */
export function callerOf({ requestContext, headers }: ApiEvent, scope: Scope): Caller {
  const context = v.safeParse(AuthorizerContext, requestContext.authorizer?.lambda);
  if (!context.success || context.output.tenant_id === undefined) {
    throw new RawStorageError('tenant_missing', 'The token names no tenant to act for');
  }
  const { tenant_id, env, scopes } = context.output;
  if ((headers['x-tenant-id'] ?? tenant_id) !== tenant_id || (headers['x-env'] ?? env) !== env) {
    throw new RawStorageError(
      'tenant_mismatch',
      'X-Tenant-Id and X-Env, if sent, must be those of the token',
    );
  }
  if (!scopes.includes(scope))
    throw new RawStorageError('scope_missing', `The token lacks the scope ${scope}`);
  const request_id = requestContext.requestId;
  return {
    ...context.output,
    tenant_id,
    request_id,
    trace_id: traceRoot(headers['x-amzn-trace-id']) ?? request_id,
  };
}

/**
 * The body of a request, as `schema` has it.
 *
 * @throws RawStorageError `unsupported_media_type`, `invalid_json`, `invalid_request`
 */
export function parseBody<TSchema extends v.GenericSchema>(
  schema: TSchema,
  event: ApiEvent,
): v.InferOutput<TSchema> {
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(event.headers['content-type'] ?? '')) {
    throw new RawStorageError('unsupported_media_type', 'Send the body as application/json');
  }
  const result = v.safeParse(schema, parseText(event));
  if (result.success) return result.output;
  const fields = result.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message: describe(issue),
  }));
  throw new RawStorageError('invalid_request', 'Fields of the request are missing or malformed', { fields });
}

function describe({ expected, received, message }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'is not a field of this request';
  return received === 'undefined' ? 'is missing' : message;
}

function parseText({ body = '', isBase64Encoded }: ApiEvent): unknown {
  try {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RawStorageError('invalid_json', 'The body is not JSON in UTF-8', { cause });
  }
}

/** The trace that a request belongs to: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html */
function traceRoot(header = ''): string | undefined {
  return /(?:^|;)Root=([\w-]+)/.exec(header)?.[1];
}
