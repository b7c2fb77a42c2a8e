import * as v from 'valibot';
import { AssetId, RawAsset } from '#contract/asset';
import type { ErrorCode } from '#contract/errors';
import type { Scope } from '#contract/tenant';
import { PresignRequest, PresignResponse, RegisterRequest } from '#contract/uploads';

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
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` is a parameter. */
  readonly path: `/nexus/${string}`;
  /** The scope that a token needs; `any` where every token of a tenant will do. */
  readonly scope: Scope | 'any';
  readonly function: ApiFunction;
  /** One sentence that says what the route does. */
  readonly summary: string;
  readonly request: RouteRequest;
  /** The body of the answer with status 200. */
  readonly response: v.GenericSchema;
  /** Every other answer of the function. */
  readonly errors: readonly ErrorCode[];
}

/** Routes by the name of their operation. */
export type RouteTable = Readonly<Record<string, Route>>;

const ANY_ROUTE = [
  'tenant_missing',
  'tenant_mismatch',
  'scope_missing',
  'internal_error',
  'unavailable',
] as const satisfies ErrorCode[];
const ANY_BODY = ['invalid_json', 'unsupported_media_type', 'invalid_request'] as const satisfies ErrorCode[];

/**
 * Every route of the HTTP API. The gateway's routes and CORS methods, the functions' dispatch, checks and types, and the
 * README's table are made from it.
 */
export const ROUTES = {
  presignUpload: {
    method: 'POST',
    path: '/nexus/raw/presign-upload',
    scope: 'raw:write',
    function: 'presign-upload',
    summary: 'Signs a form for one upload; repeated, a fresh form for the same asset.',
    request: { body: PresignRequest },
    response: PresignResponse,
    errors: [...ANY_ROUTE, ...ANY_BODY, 'asset_conflict', 'already_registered', 'file_too_large'],
  },
  register: {
    method: 'POST',
    path: '/nexus/raw/register',
    scope: 'raw:write',
    function: 'register',
    summary: 'Registers an upload once its bytes are proven; repeated, answers the same.',
    request: { body: RegisterRequest },
    response: RawAsset,
    errors: [
      ...ANY_ROUTE,
      ...ANY_BODY,
      'asset_not_found',
      'not_uploaded',
      'already_registered',
      'upload_expired',
      'upload_mismatch',
    ],
  },
  getAsset: {
    method: 'GET',
    path: '/nexus/raw/{asset_id}',
    scope: 'raw:read',
    function: 'assets',
    summary: 'Answers what is known of a registered asset.',
    request: { params: v.object({ asset_id: AssetId }) },
    response: RawAsset,
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
} as const satisfies RouteTable;

/** How API Gateway names a route, in its definition and in each event. */
export function routeKey({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
