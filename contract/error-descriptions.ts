import type { ErrorCode } from '#contract/errors';

/** When each error is answered, for the documentation. */
export const ERROR_DESCRIPTIONS: Readonly<Record<ErrorCode, string>> = {
  invalid_json: 'the body is not JSON in UTF-8',
  tenant_missing: 'the token names no tenant',
  tenant_mismatch: '`X-Tenant-Id` or `X-Env` is sent, and differs from the token',
  scope_missing: 'the token lacks the scope of the route',
  asset_not_found: "unknown, not registered, deleted (for GET), or another tenant's: the same answer",
  not_uploaded: 'register before the upload',
  already_registered:
    'register again with other values (`errors` names them); presign of a registered `asset_id` with the same values',
  asset_deleted:
    'presign, register or cancel of a deleted asset, which can be restored until its retention ends',
  asset_conflict:
    'presign of an `asset_id` that was presigned or registered with other values: `errors` names them',
  upload_expired: "register later than a day after the form's end",
  file_too_large: 'the declared size is over the limit',
  unsupported_media_type: 'the body is not sent as JSON',
  invalid_request:
    'a field is missing, unknown or malformed, or the body is over 64 KiB, of a batch over 2 MiB',
  upload_mismatch: 'the object is not what was declared',
  internal_error: 'a fault of the service',
  unavailable: 'the service cannot answer for now; `Retry-After` says when to try again',
};
