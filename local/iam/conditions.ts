import type { RequestContext } from './context.ts';
import { type PatternKind, readPolicyPattern, UnsupportedPolicyError } from './pattern.ts';

export interface Condition {
  isMet(context: RequestContext): boolean;
}

/** Decides by the values that the request has for a condition key. Without such a key in the request there are no values. */
type ConditionTest = (actual: readonly string[], context: RequestContext) => boolean;

/** Makes a test of the values that a policy gives to an operator. */
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

function matchingFlag(values: readonly string[]): ConditionTest {
  const expected = values.map(isTrue);
  return (actual) => actual.some((value) => expected.includes(value.toLowerCase() === 'true'));
}

const toNumber = (value: string): number => {
  const number = Number(value || Number.NaN);
  if (Number.isNaN(number)) throw new UnsupportedPolicyError(`${value} for a number`);
  return number;
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: matching('exact', 'some'),
  StringLike: matching('like', 'some'),
  StringNotLike: matching('like', 'none'),
  ArnEquals: matching('arn', 'some'),
  ArnNotLike: matching('arn', 'none'),
  'ForAnyValue:StringEquals': matching('exact', 'some'),
  'ForAllValues:StringEquals': matching('exact', 'every'),
  'ForAllValues:StringLike': matching('like', 'every'),
  Bool: matchingFlag,
  BoolIfExists: (values) => {
    const test = matchingFlag(values);
    return (actual, context) => actual.length === 0 || test(actual, context);
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

/**
 * The condition keys that may be evaluated here, for requests here have a value for each of them wherever requests to AWS
 * have one. Any other key would always be absent, so that a Deny that rests on it would never apply.
 */
const KEYS =
  /^(aws:(PrincipalArn|PrincipalIsAWSService|ResourceAccount|SecureTransport|SourceArn|TagKeys|(PrincipalTag|RequestTag)\/.+)|s3:(prefix|signatureAge)|dynamodb:LeadingKeys|events:source)$/i;

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
