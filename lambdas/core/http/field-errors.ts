import * as v from 'valibot';
import type { FieldError } from '#contract/errors';
import { numberText } from '#contract/json';

/** A value is shown back to the client in this many characters at most, since it may be megabytes long. */
const MAX_SHOWN = 40;
const MAX_PATH = 100;

/** The types that a schema expects, in the words of JSON. */
const WANTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  strict_object: 'an object',
};

/**
 * Describes each field that is wrong: the value that was received, and what is expected.
 *
 * @param input what was parsed, as it came
 */
export function toFieldErrors(issues: readonly v.BaseIssue<unknown>[], input: unknown): FieldError[] {
  return issues.map((issue) => {
    const [field] = issue.path?.slice(-1) ?? [];
    return fieldError(v.getDotPath(issue) ?? '', describe(issue, field === undefined ? input : field.value));
  });
}

/** An error of the field at `path`, which may be of any length. */
export function fieldError(path: string, message: string): FieldError {
  return { path: cut(path, MAX_PATH), message };
}

function describe({ type, expected, message }: v.BaseIssue<unknown>, received: unknown): string {
  if (expected === 'never') return 'is not a field of this request';
  if (received === undefined) return 'is missing';
  const shown = show(received);
  const wanted = WANTED[type] ?? (type === 'picklist' ? expected?.replace(/[()]/g, '') : undefined);
  if (wanted !== undefined) return `is ${shown}, not ${wanted}`;
  return isScalar(received) ? `${message}: received ${shown}` : message;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || numberText(value) !== undefined;
}

/** A value, or of what kind it is, in a few words. */
export function show(value: unknown): string {
  const number = numberText(value);
  if (number !== undefined) return cut(number, MAX_SHOWN);
  if (typeof value === 'string') return JSON.stringify(cut(value, MAX_SHOWN));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`;
}
