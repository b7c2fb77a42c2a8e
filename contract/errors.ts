/**
 * Every error that reaches a client, in one list: its stable `code`, the HTTP status it is answered with, and the title of
 * its problem document (RFC 9457). Nothing else in the service picks a status.
 */
export const ERRORS = {
  invalid_json: { status: 400, title: 'The body is not JSON' },
  tenant_missing: { status: 403, title: 'The token names no tenant' },
  tenant_mismatch: { status: 403, title: 'A tenant header differs from the token' },
  scope_missing: { status: 403, title: 'The token lacks a scope' },
  asset_not_found: { status: 404, title: 'No such asset' },
  not_uploaded: { status: 409, title: 'The file is not uploaded yet' },
  already_registered: { status: 409, title: 'The asset is registered already' },
  asset_deleted: { status: 409, title: 'The asset is deleted' },
  asset_conflict: { status: 409, title: 'The asset id is taken by other values' },
  upload_expired: { status: 410, title: 'The upload window has passed' },
  file_too_large: { status: 413, title: 'The file is too large' },
  unsupported_media_type: { status: 415, title: 'The body is not declared as JSON' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  upload_mismatch: { status: 422, title: 'The uploaded object is not what was declared' },
  internal_error: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
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
