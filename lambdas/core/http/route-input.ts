import * as v from 'valibot';
import { parseJson } from '#contract/json';
import type { RouteRequest } from '#contract/routes';
import { RawStorageError } from '#core/errors';
import type { ApiEvent } from '#core/http/request';

/** What a route hands to its operation: each part that the route declares, parsed. */
export type RouteInput<TRequest extends RouteRequest> = {
  readonly [TPart in keyof TRequest]: TRequest[TPart] extends v.GenericSchema
    ? v.InferOutput<TRequest[TPart]>
    : undefined;
};

/** @throws RawStorageError `asset_not_found`, `unsupported_media_type`, `invalid_json`, `invalid_request` */
export function parseInput<TRequest extends RouteRequest>(
  { params, query, body }: TRequest,
  event: ApiEvent,
): RouteInput<TRequest> {
  const input = {
    ...(params && { params: parseParams(params, event) }),
    ...(query && { query: parseFields(query, readQuery(event)) }),
    ...(body && { body: parseFields(body, readBody(event)) }),
  };
  return input as RouteInput<TRequest>;
}

/** What cannot be an asset's id names none: the same answer as for one that is not there. */
function parseParams(schema: v.GenericSchema, { pathParameters = {} }: ApiEvent): unknown {
  const result = v.safeParse(schema, pathParameters);
  if (!result.success) throw new RawStorageError('asset_not_found');
  return result.output;
}

function parseFields(schema: v.GenericSchema, fields: unknown): unknown {
  const result = v.safeParse(schema, fields);
  if (result.success) return result.output;
  throw invalid(
    result.issues.map((issue) => ({ path: v.getDotPath(issue) ?? '', message: describe(issue) })),
  );
}

function describe({ expected, received, message }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'is not a field of this request';
  return received === 'undefined' ? 'is missing' : message;
}

function invalid(fields: readonly { path: string; message: string }[]): RawStorageError {
  return new RawStorageError('invalid_request', 'Fields of the request are missing or malformed', { fields });
}

/** Not by `URLSearchParams`, which makes a space of the `+` in `image/svg+xml` and `+01:00`. */
function readQuery({ rawQueryString = '' }: ApiEvent): Record<string, string | string[]> {
  const values = new Map<string, string[]>();
  for (const pair of rawQueryString.split('&').filter((pair) => pair !== '')) {
    const [name = '', ...value] = pair.split('=').map(decode);
    values.set(name, [...(values.get(name) ?? []), value.join('=')]);
  }
  return Object.fromEntries(
    [...values].map(([name, [first = '', ...more]]) => [name, more.length > 0 ? [first, ...more] : first]),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid([{ path: text, message: 'is not percent-encoded UTF-8' }]);
  }
}

function readBody({ headers, body = '', isBase64Encoded }: ApiEvent): unknown {
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new RawStorageError('unsupported_media_type', 'Send the body as application/json');
  }
  try {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RawStorageError('invalid_json', 'The body is not JSON in UTF-8', { cause });
  }
}
