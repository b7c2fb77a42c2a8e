import * as v from 'valibot';
import type { FieldError } from '#contract/errors';
import { isJsonObject, parseJson } from '#contract/json';
import type { RouteRequest } from '#contract/route';
import { RawStorageError } from '#core/errors';
import { fieldError, show, toFieldErrors } from '#core/http/field-errors';
import type { ApiEvent } from '#core/http/request';

/** Metadata of 16 KiB fits in with every character escaped. To parse this much takes some 20 ms of CPU at the worst. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The parsed input of a route's operation: each part that the route declares. */
export type RouteInput<TRequest extends RouteRequest> = {
  readonly [TPart in keyof TRequest]: TRequest[TPart] extends v.GenericSchema
    ? v.InferOutput<TRequest[TPart]>
    : undefined;
};

/** @throws RawStorageError `asset_not_found`, `unsupported_media_type`, `invalid_json`, `invalid_request` */
export function parseInput<TRequest extends RouteRequest>(
  { params, query, body, maxBytes = MAX_BODY_BYTES }: TRequest,
  event: ApiEvent,
): RouteInput<TRequest> {
  const input = {
    ...(params && { params: parseParams(params, event) }),
    ...(query && { query: parseFields(query, readQuery(event)) }),
    ...(body && { body: parseBody(body, event, maxBytes) }),
  };
  return input as RouteInput<TRequest>;
}

/** Text that cannot be an asset's id is answered like the id of an asset that does not exist. */
function parseParams(schema: v.GenericSchema, { pathParameters = {} }: ApiEvent): unknown {
  const result = v.safeParse(schema, pathParameters);
  if (!result.success) throw new RawStorageError('asset_not_found');
  return result.output;
}

function parseFields(schema: v.GenericSchema, fields: unknown): unknown {
  const result = v.safeParse(schema, fields);
  if (result.success) return result.output;
  throw invalid(toFieldErrors(result.issues, fields));
}

function invalid(fields: readonly FieldError[]): RawStorageError {
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
    throw invalid([fieldError(text, 'is not percent-encoded UTF-8')]);
  }
}

/** @throws RawStorageError `invalid_request` */
export function parseObject<TSchema extends v.GenericSchema>(
  schema: TSchema,
  json: unknown,
): v.InferOutput<TSchema> {
  if (!isJsonObject(json)) throw invalid([fieldError('', `is ${show(json)}, not an object`)]);
  return parseFields(schema, json);
}

function parseBody(schema: v.GenericSchema, event: ApiEvent, maxBytes: number): unknown {
  const text = readText(event, maxBytes);
  const body = parseObject(schema, readJson(text));
  // The gateway hands over text: bytes that were not UTF-8 may have become U+FFFD.
  if (event.isBase64Encoded || !text.includes('\uFFFD')) return body;
  const hint = 'bytes that are not UTF-8 become that; the character itself is written \\ufffd';
  throw new RawStorageError('invalid_json', `The body holds U+FFFD: ${hint}`);
}

function readText({ headers, body = '', isBase64Encoded }: ApiEvent, maxBytes: number): string {
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new RawStorageError('unsupported_media_type', 'Send the body as application/json');
  }
  if ((isBase64Encoded ? body.length * 0.75 : body.length) > maxBytes) {
    throw invalid([fieldError('', `is over ${maxBytes} bytes`)]);
  }
  if (!isBase64Encoded) return body.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw new RawStorageError('invalid_json', 'The body is not in UTF-8', { cause });
  }
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const detail = cause instanceof RangeError ? 'The body is nested too deep' : 'The body is not JSON';
    throw new RawStorageError('invalid_json', detail, { cause });
  }
}
