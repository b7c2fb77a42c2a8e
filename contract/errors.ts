/**
 * Every error that reaches a client, in one list: its stable `code`, the HTTP status it is answered with, the title of
 * its problem document (RFC 9457), and when it is answered. Nothing else in the service picks a status.
 */
export const ERRORS = {
  invalid_json: { status: 400, title: 'The body is not JSON', when: 'the body is not JSON in UTF-8' },
  tenant_missing: { status: 403, title: 'The token names no tenant', when: 'the token names no tenant' },
  tenant_mismatch: {
    status: 403,
    title: 'A tenant header differs from the token',
    when: '`X-Tenant-Id` or `X-Env` is sent, and differs from the token',
  },
  scope_missing: {
    status: 403,
    title: 'The token lacks a scope',
    when: 'the token lacks the scope of the route',
  },
  asset_not_found: {
    status: 404,
    title: 'No such asset',
    when: "unknown, not registered yet (for GET), or another tenant's: the same answer",
  },
  not_uploaded: { status: 409, title: 'The file is not uploaded yet', when: 'register before the upload' },
  already_registered: {
    status: 409,
    title: 'The asset is registered already',
    when: 'register again with other values (`errors` names them); presign of a registered `asset_id` with the same values',
  },
  asset_conflict: {
    status: 409,
    title: 'The asset id is taken by other values',
    when: 'presign of an `asset_id` that was presigned or registered with other values: `errors` names them',
  },
  upload_expired: {
    status: 410,
    title: 'The upload window has passed',
    when: "register later than a day after the form's end",
  },
  file_too_large: {
    status: 413,
    title: 'The file is too large',
    when: 'the declared size is over the limit',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not declared as JSON',
    when: 'the body is not sent as JSON',
  },
  invalid_request: {
    status: 422,
    title: 'The request is not valid',
    when: 'a field is missing, unknown or malformed, or the body is over 128 KiB',
  },
  upload_mismatch: {
    status: 422,
    title: 'The uploaded object is not what was declared',
    when: 'the object is not what was declared',
  },
  internal_error: { status: 500, title: 'Internal error', when: 'a fault of the service' },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    when: 'the service cannot answer for now; `Retry-After` says when to try again',
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One field of a request and what is wrong with it; `path` is dotted, empty for the body itself. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** RFC 9457: `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}
