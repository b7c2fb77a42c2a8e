interface ReviverContext {
  readonly source?: string;
}

interface JsonWithSource {
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}

// Typed here because TypeScript's libraries do not know the proposal yet; Node.js has it since 21.
// https://github.com/tc39/proposal-json-parse-with-source
const json = JSON as unknown as JsonWithSource;

/**
 * Parses JSON, keeping each number that a double cannot hold (`12345678901234567890`, `1e999`) or would be written
 * otherwise (`0.10`) as its own text, so that `JSON.stringify` gives back what came in.
 *
 * @throws SyntaxError when `text` is not JSON
 */
export function parseJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value;
    return Number.isSafeInteger(value) || String(value) === source ? value : json.rawJSON(source);
  });
}

/** True for a JSON object: not an array, not null, not a number that {@link parseJson} kept as text. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value);
}

/** Levels of nesting: 0 for a scalar, 1 for `{}` or `[1]`, 2 for `{"a": {}}`. */
export function jsonDepth(value: unknown): number {
  if (typeof value !== 'object' || value === null || json.isRawJSON(value)) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, jsonDepth(inner));
  return deepest + 1;
}
