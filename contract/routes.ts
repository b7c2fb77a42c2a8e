import * as v from 'valibot';
import { AssetId, DeletedAsset, RegisteredAsset } from '#contract/asset';
import { CancelResponse, EraseResponse, WhoamiResponse } from '#contract/assets-api';
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

const ONE_ASSET = { params: v.object({ asset_id: AssetId }) } as const;

/** The routes of the function `presign-upload`. */
export const PRESIGN_ROUTES = {
  presignUpload: {
    method: 'POST',
    path: '/nexus/raw/presign-upload',
    scope: 'raw:write',
    function: 'presign-upload',
    request: { body: PresignRequest },
    response: PresignResponse,
    errors: [
      ...ANY_ROUTE,
      ...ANY_BODY,
      'asset_conflict',
      'already_registered',
      'asset_deleted',
      'file_too_large',
    ],
  },
} as const satisfies RouteTable;

/** The routes of the function `register`. */
export const REGISTER_ROUTES = {
  register: {
    method: 'POST',
    path: '/nexus/raw/register',
    scope: 'raw:write',
    function: 'register',
    request: { body: RegisterRequest },
    response: RegisteredAsset,
    errors: [
      ...ANY_ROUTE,
      ...ANY_BODY,
      'asset_not_found',
      'not_uploaded',
      'already_registered',
      'asset_deleted',
      'upload_expired',
      'upload_mismatch',
    ],
  },
} as const satisfies RouteTable;

/** The routes of the function `assets`. */
export const ASSET_ROUTES = {
  getAsset: {
    method: 'GET',
    path: '/nexus/raw/{asset_id}',
    scope: 'raw:read',
    function: 'assets',
    request: ONE_ASSET,
    response: RegisteredAsset,
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
  deleteAsset: {
    method: 'DELETE',
    path: '/nexus/raw/{asset_id}',
    scope: 'raw:delete',
    function: 'assets',
    request: ONE_ASSET,
    response: v.variant('status', [DeletedAsset, EraseResponse]),
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
  restoreAsset: {
    method: 'POST',
    path: '/nexus/raw/{asset_id}/restore',
    scope: 'raw:delete',
    function: 'assets',
    request: ONE_ASSET,
    response: RegisteredAsset,
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
  cancelUpload: {
    method: 'POST',
    path: '/nexus/raw/{asset_id}/cancel',
    scope: 'raw:write',
    function: 'assets',
    request: ONE_ASSET,
    response: CancelResponse,
    errors: [...ANY_ROUTE, 'asset_not_found', 'already_registered', 'asset_deleted'],
  },
  eraseAsset: {
    method: 'POST',
    path: '/nexus/raw/{asset_id}/erase',
    scope: 'raw:erase',
    function: 'assets',
    request: ONE_ASSET,
    response: EraseResponse,
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
  whoami: {
    method: 'GET',
    path: '/nexus/whoami',
    scope: 'any',
    function: 'assets',
    request: {},
    response: WhoamiResponse,
    errors: ANY_ROUTE,
  },
} as const satisfies RouteTable;

/**
 * Every route of the HTTP API. The gateway's routes and CORS methods, the functions' dispatch, checks and types, and the
 * README's table are made from it.
 */
export const ROUTES = { ...PRESIGN_ROUTES, ...REGISTER_ROUTES, ...ASSET_ROUTES } as const;

/** How API Gateway names a route, in its definition and in each event. */
export function routeKey({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
