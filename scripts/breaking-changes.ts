import { isDeepStrictEqual } from 'node:util';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What is told about values, and asserts nothing of them. */
const ANNOTATIONS = new Set(['$id', 'title', 'description', 'examples', 'deprecated']);

const LOOKED_INTO = new Set(['properties', 'required']);

/**
 * One line for each difference of two JSON Schemas that breaks somebody: an event of the new one must pass the old one,
 * by which subscribers read, and an event of the old one must pass the new one, since events are archived and replayed.
 * So what a value may be is neither widened nor narrowed; all that may come is an optional property. Looks into
 * `properties`, and takes any other keyword for one that must stay as it is.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const changes = keywordsOf(before, after)
    .filter((keyword) => !isDeepStrictEqual(inOrder(before[keyword]), inOrder(after[keyword])))
    .map(
      (keyword) =>
        `${path || 'the event'}: ${keyword} was ${said(before, keyword)}, is ${said(after, keyword)}`,
    );

  const { properties: old = {}, required: wasRequired = [] } = before;
  const { properties: now = {}, required: isRequired = [] } = after;
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const at = path ? `${path}.${name}` : name;
    const [was, is] = [wasRequired.includes(name), isRequired.includes(name)];
    if (!now[name]) changes.push(`${at} is gone`);
    else if (!old[name] && is) changes.push(`${at} is new and required: events of before lack it`);
    else if (was && !is) changes.push(`${at} is optional now`);
    else if (old[name] && !was && is) changes.push(`${at} is required now: events of before may lack it`);
    if (old[name] && now[name]) changes.push(...breakingChanges(old[name], now[name], at));
  }
  return changes;
}

/** Those that must stay as they are. */
function keywordsOf(...schemas: readonly JsonSchema[]): string[] {
  const keywords = new Set(schemas.flatMap(Object.keys));
  return [...keywords].filter((keyword) => !ANNOTATIONS.has(keyword) && !LOOKED_INTO.has(keyword));
}

/** The values of an `enum`, or the names of types, mean the same in any order. */
function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted() : value;
}

function said(schema: JsonSchema, keyword: string): string {
  return keyword in schema ? JSON.stringify(schema[keyword]) : 'not there';
}
