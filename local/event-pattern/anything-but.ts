import type { Scalar } from './leaves.ts';
import { readTextOperator, TEXT_OPERATORS } from './text-operators.ts';

export const ANYTHING_BUT = 'anything-but';

/**
 * Reads what a value must not be: a text, a number or a list of either; or `prefix`, `suffix` or `equals-ignore-case` of a
 * text or a list of texts. Any other scalar matches; a field without a scalar does not.
 *
 * @throws Error for any other argument
 */
export function readAnythingBut(argument: unknown): (value: Scalar) => boolean {
  const values = [argument].flat();
  if (isListOf('string', values) || isListOf('number', values)) return (value) => !values.includes(value);
  const [[operator = '', operand] = [], ...others] = Object.entries(argument ?? {});
  const texts = [operand].flat();
  if (
    !TEXT_OPERATORS.includes(operator) ||
    others.length > 0 ||
    !isListOf('string', texts) ||
    texts.includes('')
  )
    throw malformed(argument);
  const tests = texts.map((text) => readTextOperator(operator, text));
  return (value) => !tests.some((test) => test(value));
}

function isListOf(type: 'string' | 'number', values: readonly unknown[]): boolean {
  return values.length > 0 && values.every((value) => typeof value === type);
}

function malformed(argument: unknown): Error {
  const operators = TEXT_OPERATORS.join(', ');
  return new Error(
    `${ANYTHING_BUT} ${JSON.stringify(argument)} is neither text, numbers, nor text by ${operators}`,
  );
}
