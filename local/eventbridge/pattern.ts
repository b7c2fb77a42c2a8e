import { NUMERIC, readNumeric } from './numeric.ts';
import { readTextOperator, TEXT_OPERATORS } from './text-operators.ts';

/** An event pattern asks for what is not matched here; ignoring it would deliver something else than EventBridge does. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Which events a rule is for. */
export interface EventPattern {
  matches(event: object): boolean;
}

/** Decides by a field of an event: undefined where it has none. */
type Test = (value: unknown) => boolean;

const OPERATORS = [...TEXT_OPERATORS, NUMERIC];

/**
 * Reads an event pattern, as far as the constructs write them: text as it is, `prefix`, `suffix` and
 * `equals-ignore-case`, and `numeric`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 *
 * @throws PatternError for any other operator, and for what is no pattern
 */
export function readPattern(pattern: unknown): EventPattern {
  return { matches: readFields(pattern, '') };
}

function readFields(pattern: unknown, path: string): Test {
  if (!isObject(pattern)) throw refusal(path, 'a pattern must be an object of fields');
  const fields = Object.entries(pattern).map(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (name === '$or') throw refusal(at, unknownOperator(name));
    return [name, Array.isArray(inner) ? readAlternatives(inner, at) : readFields(inner, at)] as const;
  });
  if (fields.length === 0) throw refusal(path, 'an empty object matches nothing');
  // Of an array of objects, one must have it all.
  return anyElement((value) => isObject(value) && fields.every(([name, test]) => test(value[name])));
}

function readAlternatives(alternatives: readonly unknown[], path: string): Test {
  if (alternatives.length === 0) throw refusal(path, 'an empty array matches nothing');
  const tests = alternatives.map((alternative) => readAlternative(alternative, path));
  return anyElement((value) => tests.some((test) => test(value)));
}

function readAlternative(alternative: unknown, path: string): Test {
  if (typeof alternative === 'string') return (value) => value === alternative;
  if (!isObject(alternative))
    throw refusal(path, `${JSON.stringify(alternative)} is not matched locally, only text is`);
  const [[operator, argument] = ['', undefined], ...others] = Object.entries(alternative);
  if (others.length > 0) throw refusal(path, 'an operator stands alone in its object');
  try {
    if (operator === NUMERIC) return readNumeric(argument);
    if (TEXT_OPERATORS.includes(operator)) return readTextOperator(operator, argument);
  } catch (error) {
    throw refusal(path, (error as Error).message);
  }
  throw refusal(path, unknownOperator(operator));
}

/** A field that is an array matches by any of its elements. */
function anyElement(test: Test): Test {
  const decide: Test = (value) => (Array.isArray(value) ? value.some(decide) : test(value));
  return decide;
}

function unknownOperator(name: string): string {
  return `the operator ${name} is not matched locally, only ${OPERATORS.join(', ')} are`;
}

function refusal(path: string, reason: string): PatternError {
  return new PatternError(path === '' ? reason : `${path}: ${reason}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
