import { isDeepStrictEqual } from 'node:util';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Keywords that describe values without restricting them. They may change freely. */
const ANNOTATIONS = new Set(['$id', 'title', 'description', 'examples', 'deprecated']);

/** Keywords that are compared property by property. */
const COMPARED_BY_PROPERTY = new Set(['properties', 'required', 'oneOf']);

/**
 * Compares two JSON Schemas and returns one line for each breaking difference. A new event must pass the old schema, since
 * subscribers still read by it, and an old event must pass the new schema, since events are archived and replayed. So the
 * values that a property may have are neither widened nor narrowed, and only an optional property may be added. Every
 * keyword but `properties`, `required`, `oneOf` and the annotations must stay as it is; the schemas of `oneOf` are compared one by one.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const changes = keywordsOf(before, after)
    .filter((keyword) => !isDeepStrictEqual(inOrder(before[keyword]), inOrder(after[keyword])))
    .map(
      (keyword) =>
        `${path || 'the event'}: ${keyword} was ${describe(before, keyword)}, is ${describe(after, keyword)}`,
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
  const { oneOf: oldVariants = [] } = before;
  const { oneOf: variants = [] } = after;
  if (variants.length !== oldVariants.length)
    changes.push(`${path || 'the event'}: oneOf had ${oldVariants.length} schemas, has ${variants.length}`);
  for (const [index, variant] of variants.entries()) {
    const old = oldVariants[index];
    if (old) changes.push(...breakingChanges(old, variant, `${path}(${index + 1})`));
  }
  return changes;
}

/** The keywords of the schemas that must stay as they are. */
function keywordsOf(...schemas: readonly JsonSchema[]): string[] {
  const keywords = new Set(schemas.flatMap(Object.keys));
  return [...keywords].filter((keyword) => !ANNOTATIONS.has(keyword) && !COMPARED_BY_PROPERTY.has(keyword));
}

/** Sorts lists: the values of an `enum`, and the names of types, mean the same in any order. */
function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted() : value;
}

function describe(schema: JsonSchema, keyword: string): string {
  return keyword in schema ? JSON.stringify(schema[keyword]) : 'not there';
}
