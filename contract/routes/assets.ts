import * as v from 'valibot';
import { AssetId, DeletedAsset, RegisteredAsset } from '#contract/asset';
import {
  CancelResponse,
  DownloadQuery,
  DownloadResponse,
  EraseResponse,
  ListQuery,
  ListResponse,
  WhoamiResponse,
} from '#contract/assets-api';
import { ANY_ROUTE, type RouteTable } from '#contract/route';

const ONE_ASSET = { params: v.object({ asset_id: AssetId }) } as const;

/** The routes of the function `assets`. */
export const ASSET_ROUTES = {
  listAssets: {
    method: 'GET',
    path: '/nexus/raw',
    scope: 'raw:read',
    function: 'assets',
    request: { query: ListQuery },
    response: ListResponse,
    errors: [...ANY_ROUTE, 'invalid_request'],
  },
  getAsset: {
    method: 'GET',
    path: '/nexus/raw/{asset_id}',
    scope: 'raw:read',
    function: 'assets',
    request: ONE_ASSET,
    response: RegisteredAsset,
    errors: [...ANY_ROUTE, 'asset_not_found'],
  },
  downloadAsset: {
    method: 'GET',
    path: '/nexus/raw/{asset_id}/download',
    scope: 'raw:read',
    function: 'assets',
    request: { ...ONE_ASSET, query: DownloadQuery },
    response: DownloadResponse,
    errors: [...ANY_ROUTE, 'asset_not_found', 'invalid_request'],
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
