import { RegisteredAsset } from '#contract/asset';
import { BatchRequest, BatchResponse, MAX_BATCH_BYTES } from '#contract/batch';
import { ANY_BODY, ANY_ROUTE, type RouteTable } from '#contract/route';
import { RegisterRequest } from '#contract/uploads';

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
  batchRegister: {
    method: 'POST',
    path: '/nexus/raw/batch/register',
    scope: 'raw:write',
    function: 'register',
    request: { body: BatchRequest, maxBytes: MAX_BATCH_BYTES },
    response: BatchResponse,
    errors: [...ANY_ROUTE, ...ANY_BODY],
    batchOf: 'register',
  },
} as const satisfies RouteTable;
