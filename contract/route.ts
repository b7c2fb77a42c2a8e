import type * as v from 'valibot';
import type { ErrorCode } from '#contract/errors';
import type { Scope } from '#contract/tenant';

/** The functions that serve routes: routes of one function share its cache of tenant sessions. */
export const API_FUNCTIONS = ['presign-upload', 'register', 'assets'] as const;
export type ApiFunction = (typeof API_FUNCTIONS)[number];

/** The parts of a request that a route reads, each checked by its schema. A part without a schema is ignored. */
export interface RouteRequest {
  /** The path's parameters. A value that does not fit is answered like an unknown asset, with 404. */
  readonly params?: v.GenericSchema;
  /** The query string's parameters, each a text, or a list of texts where it is repeated. */
  readonly query?: v.GenericSchema;
  /** The JSON body. */
  readonly body?: v.GenericSchema;
  /** The most bytes of the body. @default 64 KiB */
  readonly maxBytes?: number;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` is a parameter. */
  readonly path: `/nexus/${string}`;
  /** The scope that a token needs; `any` where every token of a tenant will do. */
  readonly scope: Scope | 'any';
  readonly function: ApiFunction;
  readonly request: RouteRequest;
  /** The body of the answer with status 200. */
  readonly response: v.GenericSchema;
  /** Every other answer of the function. */
  readonly errors: readonly ErrorCode[];
  /** The name of the route whose requests the body's `items` are, and whose answers are those of the answer's. */
  readonly batchOf?: string;
}

/** Routes by the name of their operation. */
export type RouteTable = Readonly<Record<string, Route>>;

/** How API Gateway names a route, in its definition and in each event. */
export function routeKey({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

/** What every route may answer. */
export const ANY_ROUTE = [
  'tenant_missing',
  'tenant_mismatch',
  'scope_missing',
  'internal_error',
  'unavailable',
] as const satisfies ErrorCode[];
/** What every route that takes a body may answer. */
export const ANY_BODY = [
  'invalid_json',
  'unsupported_media_type',
  'invalid_request',
] as const satisfies ErrorCode[];
