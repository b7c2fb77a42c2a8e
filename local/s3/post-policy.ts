import { AwsError } from '../http/aws-error.ts';

interface FieldCondition {
  readonly operator: 'eq' | 'starts-with';
  /** In lower case; without one the condition can never be met. */
  readonly field: string | undefined;
  readonly value: string;
  /** As a refusal shows it. */
  readonly text: string;
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

  const parsed = conditions.map((condition) =>
    operatorOf(condition) === 'content-length-range' ? parseRange(condition) : parseCondition(condition),
  );
  const ranges = parsed.filter((condition) => 'min' in condition);
  return {
    expiration: date,
    conditions: parsed.filter((condition) => 'text' in condition),
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
    const actual = condition.field === undefined ? '' : fields.get(condition.field);
    if (!isMet(condition, actual ?? '')) throw denied(`Policy Condition failed: ${condition.text}`);
  }
  const covered = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter((field) => !covered.has(field) && !EXEMPT.test(field));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra}`);
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const EXEMPT = /^(x-amz-signature|policy|file|x-ignore-.*)$/;

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
    const [name, value] = [only[0], asString(only[1])];
    return { operator: 'eq', field: name.toLowerCase(), value, text: textOf(['eq', `$${name}`, value]) };
  }
  if (operator !== 'eq' && operator !== 'starts-with') throw invalidPolicy(`unknown operation ${operator}`);
  const [, field, value, ...others] = condition as unknown[];
  if (others.length > 0) throw invalidPolicy(`wrong number of arguments of ${operator}`);
  const name = asString(field);
  const known = name.startsWith(VARIABLE) ? name.slice(1).toLowerCase() : undefined;
  return { operator, field: known, value: asString(value), text: textOf([operator, name, value]) };
}

/** Bounds may be written as text; text that is no number makes a condition that nothing meets. */
function parseRange(condition: readonly unknown[]): { min: number; max: number } | FieldCondition {
  const [, ...bounds] = condition;
  const [min, max] = bounds.map((bound) => (/^\d+$/.test(String(bound)) ? Number(bound) : bound));
  if (bounds.length === 2 && isSize(min) && isSize(max)) return { min, max };
  if (bounds.length === 2 && bounds.some((bound) => typeof bound === 'string')) {
    return { operator: 'eq', field: undefined, value: '', text: textOf(condition) };
  }
  throw invalidPolicy('invalid content-length-range');
}

function isSize(bound: unknown): bound is number {
  return Number.isSafeInteger(bound) && Number(bound) >= 0;
}

/** A condition as S3 writes it: `["eq", "$key", "a.txt"]`. */
function textOf(condition: readonly unknown[]): string {
  const words = condition.map((word) => String(word).replaceAll(VARIABLE, '$'));
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
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
