import { BatchRequest, BatchResponse, MAX_BATCH_BYTES } from '#contract/batch';
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
  batchPresignUpload: {
    method: 'POST',
    path: '/nexus/raw/batch/presign-upload',
    scope: 'raw:write',
    function: 'presign-upload',
    request: { body: BatchRequest, maxBytes: MAX_BATCH_BYTES },
    response: BatchResponse,
    errors: [...ANY_ROUTE, ...ANY_BODY],
    batchOf: 'presignUpload',
  },
} as const satisfies RouteTable;
