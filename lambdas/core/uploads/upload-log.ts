import type { Caller } from '#core/identity/caller';
import { log } from '#core/log';

/**
 * Notes who was given which form, or changed which asset: one line a call. Names, metadata and the form's fields are the
 * tenant's own and stay out of the log.
 */
export function logUploads(
  message:
    | 'form signed'
    | 'asset registered'
    | 'asset deleted'
    | 'asset restored'
    | 'upload cancelled'
    | 'asset erased',
  { request_id, tenant_id, env, user_id }: Pick<Caller, 'request_id' | 'tenant_id' | 'env' | 'user_id'>,
  asset_ids: readonly string[],
): void {
  if (asset_ids.length > 0) log('info', message, { request_id, tenant_id, env, user_id, asset_ids });
}
