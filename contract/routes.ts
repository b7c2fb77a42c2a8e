import { ASSET_ROUTES } from '#contract/routes/assets';
import { PRESIGN_ROUTES } from '#contract/routes/presign-upload';
import { REGISTER_ROUTES } from '#contract/routes/register';

/**
 * Every route of the HTTP API. The gateway's routes and CORS methods, the functions' dispatch, checks and types, and the
 * README's table are made from it.
 */
export const ROUTES = { ...PRESIGN_ROUTES, ...REGISTER_ROUTES, ...ASSET_ROUTES } as const;
