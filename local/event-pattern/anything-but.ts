import type { Scalar } from './leaves.ts';
import { readTextOperator, TEXT_OPERATORS } from './text-operators.ts';

export const ANYTHING_BUT = 'anything-but';

/**
 * Reads what a value must not be: a text, a number, or a list of either; or, by an operator on text, what it must not
 * begin or end with, or equal in any case. It takes any other scalar, and there must be one.
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
