import { AwsError } from '../http/aws-error.ts';

interface FieldCondition {
  readonly operator: 'eq' | 'starts-with';
  /** In lower case. */
  readonly field: string;
  readonly value: string;
}

/** A form's policy. Sizes are in bytes. */
export interface PostPolicy {
  readonly expiration: Date;
  readonly conditions: readonly FieldCondition[];
  readonly minBytes: number;
  readonly maxBytes: number;
}

/**
 * Stands for a dollar sign without a backslash, by which S3 names a field; within a value it makes the condition one that no
 * form meets. No UTF-8 holds this half of a surrogate pair.
 */
const VARIABLE = '\uDC24';

/**
 * Reads a form's policy, with the escapes that JSON has not (`\$`, `\v`): https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * @throws AwsError 400 InvalidPolicyDocument
 */
export function parsePostPolicy(encoded: string): PostPolicy {
  const { expiration, conditions, ...unknown } = asObject(decode(encoded));
  const date = typeof expiration === 'string' && ISO_8601.test(expiration) ? new Date(expiration) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw invalidPolicy('no valid expiration');
  if (!Array.isArray(conditions)) throw invalidPolicy('conditions must be a list');
  if (Object.keys(unknown).length > 0) throw invalidPolicy(`unexpected ${Object.keys(unknown)}`);

  const isRange = (condition: unknown) => operatorOf(condition) === 'content-length-range';
  const ranges = conditions.filter(isRange).map(parseRange);
  return {
    expiration: date,
    conditions: conditions.filter((condition) => !isRange(condition)).map(parseCondition),
    minBytes: Math.max(0, ...ranges.map(({ min }) => min)),
    maxBytes: Math.min(Number.POSITIVE_INFINITY, ...ranges.map(({ max }) => max)),
  };
}

/**
 * Checks that a form's fields meet every condition of the policy, and that every field is named in a condition. `fields`
 * holds the bucket too: a policy must name it, and a form need not.
 *
 * @throws AwsError 403 AccessDenied
 */
export function requirePolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: Date): void {
  if (policy.expiration <= now) throw denied('Policy expired.');
  for (const condition of policy.conditions) {
    if (!isMet(condition, fields.get(condition.field) ?? '')) {
      throw denied(`Policy Condition failed: ${show(condition)}`);
    }
  }
  const covered = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter((field) => !covered.has(field) && !EXEMPT.test(field));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra}`);
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const EXEMPT = /^(x-amz-signature|policy|file|x-ignore-.*)$/;

/** As S3 writes it: `["eq", "$key", "a.txt"]`. */
function show({ operator, field, value }: FieldCondition): string {
  const words = [operator, `$${field}`, value.replaceAll(VARIABLE, '$')];
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

/** An empty field meets no condition, not even one that it begins with the empty string. */
function isMet({ operator, value: expected }: FieldCondition, actual: string): boolean {
  if (actual === '') return false;
  return operator === 'eq' ? actual === expected : actual.startsWith(expected);
}

function decode(encoded: string): unknown {
  const text = encoded.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalidPolicy('not base64');
  try {
    return JSON.parse(toJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'))));
  } catch {
    throw invalidPolicy('not JSON');
  }
}

/** JSON that means what a policy's text means to S3. */
function toJson(policy: string): string {
  return policy.replace(/\\.|\$/gs, (token) => {
    if (token === '$') return VARIABLE;
    if (token === '\\$') return '$';
    return token === '\\v' ? '\\u000b' : token;
  });
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalidPolicy('not an object');
}

function operatorOf(condition: unknown): string | undefined {
  const [operator]: unknown[] = Array.isArray(condition) ? condition : [];
  return typeof operator === 'string' ? operator.toLowerCase() : undefined;
}

function parseCondition(condition: unknown): FieldCondition {
  const operator = operatorOf(condition);
  if (operator === undefined && !Array.isArray(condition)) {
    const [only, ...others] = Object.entries(asObject(condition));
    if (only === undefined || others.length > 0) throw invalidPolicy('a condition must have one property');
    return { operator: 'eq', field: only[0].toLowerCase(), value: asString(only[1]) };
  }
  if (operator !== 'eq' && operator !== 'starts-with') throw invalidPolicy(`unknown operation ${operator}`);
  const [, field, value, ...others] = condition as unknown[];
  if (others.length > 0) throw invalidPolicy(`wrong number of arguments of ${operator}`);
  const name = asString(field);
  if (!name.startsWith(VARIABLE)) throw invalidPolicy('a field is named with a $ before it');
  return { operator, field: name.slice(1).toLowerCase(), value: asString(value) };
}

function parseRange([, min, max, ...others]: readonly unknown[]): { min: number; max: number } {
  const valid = (bound: unknown): bound is number => Number.isSafeInteger(bound) && Number(bound) >= 0;
  if (!valid(min) || !valid(max) || others.length > 0) throw invalidPolicy('invalid content-length-range');
  return { min, max };
}

function asString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidPolicy('a condition must be made of strings');
}

function invalidPolicy(detail: string): AwsError {
  return new AwsError(400, 'InvalidPolicyDocument', `Invalid Policy: ${detail}.`);
}

function denied(detail: string): AwsError {
  return new AwsError(403, 'AccessDenied', `Invalid according to Policy: ${detail}`);
}
