import { numberText } from '#contract/json';

export const NUMERIC = 'numeric';

/** Beyond it EventBridge compares nothing: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
const MAX = 5e9;

type Comparison = (value: number, bound: number) => boolean;

const LOWER: Readonly<Record<string, Comparison>> = {
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};
const UPPER: Readonly<Record<string, Comparison>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
};
const EQUAL: Readonly<Record<string, Comparison>> = { '=': (value, bound) => value === bound };

/**
 * Reads `["=", n]`, one bound, or a lower bound and then an upper one: `[">=", 1, "<", 10]`.
 *
 * @throws Error for any other argument, also for a range with nothing between its bounds
 */
export function readNumeric(argument: unknown): (value: unknown) => boolean {
  const terms = Array.isArray(argument) ? argument : [];
  const [first, bound, second, top] = terms;
  const isRange = terms.length === 4;
  if (terms.length !== 2 && !isRange) throw malformed(argument);
  const tests = [compare(isRange ? LOWER : { ...EQUAL, ...LOWER, ...UPPER }, first, bound, argument)];
  if (isRange) {
    tests.push(compare(UPPER, second, top, argument));
    // By EventBridge's matcher, even where both bounds are inclusive: "Bottom must be less than top".
    if (bound >= top)
      throw new Error(`${NUMERIC} ${JSON.stringify(argument)}: the lower bound must be below the upper`);
  }
  return (received) => {
    const text = numberText(received);
    const value = Number(text);
    return text !== undefined && Math.abs(value) <= MAX && tests.every((test) => test(value));
  };
}

function compare(
  comparisons: Readonly<Record<string, Comparison>>,
  operator: unknown,
  bound: unknown,
  argument: unknown,
) {
  const comparison = Object.hasOwn(comparisons, String(operator)) ? comparisons[String(operator)] : undefined;
  if (comparison === undefined || typeof bound !== 'number') throw malformed(argument);
  if (Math.abs(bound) > MAX)
    throw new Error(`${NUMERIC} ${JSON.stringify(argument)}: a bound is beyond ±5e9`);
  return (value: number) => comparison(value, bound);
}

function malformed(argument: unknown): Error {
  return new Error(`${NUMERIC} ${JSON.stringify(argument)} is no comparison such as [">=", 1, "<", 10]`);
}
