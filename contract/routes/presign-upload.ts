import { ANY_BODY, ANY_ROUTE, type RouteTable } from '#contract/route';
import { PresignRequest, PresignResponse } from '#contract/uploads';

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
