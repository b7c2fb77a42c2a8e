interface ReviverContext {
  readonly source?: string;
}

interface RawNumber {
  readonly rawJSON: string;
}

interface JsonWithSource {
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is RawNumber;
}

// Typed here because TypeScript's libraries do not know the proposal yet; Node.js has it since 21.
// https://github.com/tc39/proposal-json-parse-with-source
const json = JSON as unknown as JsonWithSource;

/**
 * Parses JSON, keeping each number that JavaScript would write otherwise (`12345678901234567890`, `1.0`, `-0`, `1e999`) as
 * its own text, so that `JSON.stringify` gives back what came in.
 *
 * @throws SyntaxError when `text` is not JSON; RangeError when it is nested deeper than the stack takes
 */
export function parseJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value;
    return String(value) === source ? value : json.rawJSON(source);
  });
}

/** A number's text, as it was written where {@link parseJson} read it; undefined for what is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return json.isRawJSON(value) ? value.rawJSON : undefined;
}

/** True for a JSON object: not an array, not null, not a number that {@link parseJson} kept as text. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return isComposite(value) && !Array.isArray(value);
}

/** True where lists and objects are nested in more than `limit` levels; looks no deeper than that. */
export function isDeeperThan(limit: number, value: unknown): boolean {
  if (!isComposite(value)) return false;
  return limit === 0 || Object.values(value).some((inner) => isDeeperThan(limit - 1, inner));
}

/** True for the same JSON: names in any order, numbers by their decimal value (`1.0` is `1`, `-0` is `0`). */
export function isSameJson(one: unknown, other: unknown): boolean {
  const [number, otherNumber] = [numberText(one), numberText(other)];
  if (number !== undefined && otherNumber !== undefined) return decimal(number) === decimal(otherNumber);
  if (!isComposite(one) || !isComposite(other)) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name], other[name]));
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !json.isRawJSON(value);
}

/** One text for each decimal value: its digits without zeros around them, and the power of ten of the last. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}
