import type { FieldError } from '#contract/errors';
import { isSameJson } from '#contract/json';

const COMPARED = ['filename', 'content_type', 'size_bytes', 'sha256', 'metadata'] as const;

/** The fields of an asset that can differ, as they are recorded or as a request claims them. */
export type Claim = { readonly [name in (typeof COMPARED)[number]]?: unknown };

/**
 * Names each field in which one of `claims` differs from what is there. Absent fields claim nothing, and are compared with
 * nothing.
 */
export function differences(actual: Claim, claims: readonly Claim[]): FieldError[] {
  const differs = (path: keyof Claim) =>
    actual[path] !== undefined &&
    claims.some((claim) => claim[path] !== undefined && !isSameJson(claim[path], actual[path]));
  return COMPARED.filter(differs).map((path) => ({
    path,
    message: path === 'metadata' ? 'differs' : `is ${JSON.stringify(actual[path])}`,
  }));
}
