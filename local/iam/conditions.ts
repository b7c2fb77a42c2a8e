import type { RequestContext } from './context.ts';
import { type PatternKind, readPolicyPattern, UnsupportedPolicyError } from './pattern.ts';

export interface Condition {
  isMet(context: RequestContext): boolean;
}

/** Decides by a key's values in the request; there are none where the request has no such key. */
type ConditionTest = (actual: readonly string[], context: RequestContext) => boolean;

/** Reads an operator's values. */
type Operator = (values: readonly string[], variables: boolean) => ConditionTest;

const matching =
  (kind: PatternKind, quantifier: 'some' | 'every' | 'none'): Operator =>
  (values, variables) => {
    const patterns = values.map((value) => readPolicyPattern(value, kind, variables));
    return (actual, context) => {
      const isMatch = (value: string) => patterns.some((pattern) => pattern.matches(value, context));
      if (quantifier === 'every') return actual.every(isMatch);
      return actual.some(isMatch) === (quantifier === 'some');
    };
  };

const isTrue = (value: string): boolean => {
  const flag = value.toLowerCase();
  if (flag !== 'true' && flag !== 'false') throw new UnsupportedPolicyError(`${value} for true or false`);
  return flag === 'true';
};

const toNumber = (value: string): number => {
  const number = Number(value || Number.NaN);
  if (Number.isNaN(number)) throw new UnsupportedPolicyError(`${value} for a number`);
  return number;
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: matching('exact', 'some'),
  StringLike: matching('like', 'some'),
  ArnEquals: matching('arn', 'some'),
  ArnNotLike: matching('arn', 'none'),
  'ForAllValues:StringEquals': matching('exact', 'every'),
  'ForAllValues:StringLike': matching('like', 'every'),
  Bool: (values) => {
    const expected = values.map(isTrue);
    return (actual) => actual.some((value) => expected.includes(value.toLowerCase() === 'true'));
  },
  Null: (values) => {
    const expected = values.map(isTrue);
    return (actual) => expected.includes(actual.length === 0);
  },
  NumericGreaterThan: (values) => {
    const bounds = values.map(toNumber);
    return (actual) => actual.some((value) => bounds.some((bound) => Number(value) > bound));
  },
};

/** Those that requests here have values for where AWS's do: by any other key a Deny would never apply. */
const KEYS =
  /^(aws:(PrincipalArn|SecureTransport|SourceArn|TagKeys|(PrincipalTag|RequestTag)\/.+)|s3:(prefix|signatureAge)|dynamodb:LeadingKeys)$/i;

/**
 * Reads a statement's conditions, all of which must be met.
 *
 * @throws UnsupportedPolicyError for an operator, a key or a value that is not known here
 */
export function readConditions(block: unknown, variables: boolean): readonly Condition[] {
  return Object.entries(block ?? {}).flatMap(([name, conditions]) => {
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (operator === undefined) throw new UnsupportedPolicyError(`the condition operator ${name}`);
    return Object.entries(conditions as object).map(([key, values]): Condition => {
      if (!KEYS.test(key)) throw new UnsupportedPolicyError(`the condition key ${key}`);
      const test = operator([values].flat().map(String), variables);
      return { isMet: (context) => test(context.get(key), context) };
    });
  });
}
