import { RegisteredAsset } from '#contract/asset';
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
} as const satisfies RouteTable;
