import { ANYTHING_BUT, readAnythingBut } from './anything-but.ts';
import { combined, leavesAt, type Place, type Scalar } from './leaves.ts';
import { NUMERIC, readNumeric } from './numeric.ts';
import { readTextOperator, TEXT_OPERATORS } from './text-operators.ts';

/** An event pattern asks for what is not matched here; ignoring it would let through other events than AWS does. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Decides which events a rule of EventBridge, or a filter of a Lambda event source mapping, lets through. */
export interface EventPattern {
  matches(event: object): boolean;
}

/** Decides by one of the scalars that an event has at a path. */
type Test = (value: Scalar) => boolean;

/** What a pattern asks of the scalars at one path. */
interface Field {
  readonly path: readonly string[];
  readonly test: Test;
  /** Whether an event without any scalar there matches too. */
  readonly orAbsent: boolean;
}

const EXISTS = 'exists';
const OPERATORS = [...TEXT_OPERATORS, NUMERIC, ANYTHING_BUT, EXISTS];

/**
 * Reads an event pattern: text, `null` and booleans as they are, and the operators `prefix`, `suffix`,
 * `equals-ignore-case`, `numeric`, `anything-but` and `exists`. Each is about scalars: `exists` on an object never finds
 * one. A number as it is is refused: AWS compares it as it is written, and 300 is not 3e2 then.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 *
 * @throws PatternError for any other operator, and for what is no pattern
 */
export function readPattern(pattern: unknown): EventPattern {
  // In AWS's order, which decides where an array's elements differ in what they lack: https://github.com/aws/event-ruler
  const fields = readFields(pattern, []).toSorted((a, b) => (nameOf(a.path) < nameOf(b.path) ? -1 : 1));
  return { matches: (event) => matches(event, fields, new Map()) };
}

function matches(event: object, [field, ...rest]: readonly Field[], place: Place): boolean {
  if (field === undefined) return true;
  const leaves = leavesAt(event, field.path).flatMap((leaf) => {
    const together = combined(place, leaf.place);
    return together === undefined ? [] : [{ ...leaf, place: together }];
  });
  if (leaves.length === 0) return field.orAbsent && matches(event, rest, place);
  return leaves.some((leaf) => field.test(leaf.value) && matches(event, rest, leaf.place));
}

function readFields(pattern: unknown, path: readonly string[]): Field[] {
  if (!isObject(pattern)) throw refusal(path, 'a pattern must be an object of fields');
  const fields = Object.entries(pattern).flatMap(([name, inner]) => {
    const at = [...path, name];
    if (name === '$or') throw refusal(at, unknownOperator(name));
    return Array.isArray(inner) ? readAlternatives(inner, at) : readFields(inner, at);
  });
  if (fields.length === 0) throw refusal(path, 'an empty object matches nothing');
  return fields;
}

function readAlternatives(alternatives: readonly unknown[], path: readonly string[]): Field {
  if (alternatives.length === 0) throw refusal(path, 'an empty array matches nothing');
  const tests = alternatives.map((alternative) => readAlternative(alternative, path));
  return {
    path,
    test: (value) => tests.some((test) => test !== 'absent' && test(value)),
    orAbsent: tests.includes('absent'),
  };
}

function readAlternative(alternative: unknown, path: readonly string[]): Test | 'absent' {
  if (alternative === null || typeof alternative === 'string' || typeof alternative === 'boolean')
    return (value) => value === alternative;
  if (!isObject(alternative)) {
    const reason = 'is not matched locally, only text, null and booleans are';
    throw refusal(path, `${JSON.stringify(alternative)} ${reason}`);
  }
  const [[operator, argument] = ['', undefined], ...others] = Object.entries(alternative);
  if (others.length > 0) throw refusal(path, 'an operator stands alone in its object');
  try {
    return readOperator(operator, argument);
  } catch (error) {
    throw refusal(path, (error as Error).message);
  }
}

function readOperator(operator: string, argument: unknown): Test | 'absent' {
  if (operator === NUMERIC) return readNumeric(argument);
  if (operator === ANYTHING_BUT) return readAnythingBut(argument);
  if (TEXT_OPERATORS.includes(operator)) return readTextOperator(operator, argument);
  if (operator !== EXISTS) throw new Error(unknownOperator(operator));
  if (typeof argument !== 'boolean') throw new Error(`${EXISTS} takes true or false`);
  return argument ? () => true : 'absent';
}

function unknownOperator(name: string): string {
  return `the operator ${name} is not matched locally, only ${OPERATORS.join(', ')} are`;
}

function refusal(path: readonly string[], reason: string): PatternError {
  return new PatternError(path.length === 0 ? reason : `${nameOf(path)}: ${reason}`);
}

function nameOf(path: readonly string[]): string {
  return path.join('.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
