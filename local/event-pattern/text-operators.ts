export const TEXT_OPERATORS: readonly string[] = ['prefix', 'suffix', 'equals-ignore-case'];

/**
 * Reads an operator on text; `prefix` and `suffix` take `{"equals-ignore-case": text}` too.
 *
 * @throws Error for an argument that is neither
 */
export function readTextOperator(operator: string, argument: unknown): (value: unknown) => boolean {
  const pattern = new RegExp(sourceOf(operator, argument), 's');
  return (value) => typeof value === 'string' && pattern.test(value);
}

function sourceOf(operator: string, argument: unknown): string {
  if (operator === 'equals-ignore-case') return `^${inAnyCase(argument, operator)}$`;
  const text =
    typeof argument === 'string' ? RegExp.escape(argument) : inAnyCase(ignoredCase(argument), operator);
  return operator === 'prefix' ? `^${text}` : `${text}$`;
}

function ignoredCase(argument: unknown): unknown {
  const [[name, text] = [], ...others] = Object.entries(argument ?? {});
  return name === 'equals-ignore-case' && others.length === 0 ? text : undefined;
}

/**
 * Each UTF-16 unit by itself, in its lower or upper case, which may be longer: `ß` is `SS` too. EventBridge's matcher does
 * it so: https://github.com/aws/event-ruler
 */
function inAnyCase(text: unknown, operator: string): string {
  if (typeof text !== 'string') throw new Error(`${operator} takes text, or text by equals-ignore-case`);
  return text
    .split('')
    .map((unit) => `(?:${RegExp.escape(unit.toLowerCase())}|${RegExp.escape(unit.toUpperCase())})`)
    .join('');
}
