import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakingChanges, type JsonSchema } from '../../scripts/breaking-changes.ts';

const FILE: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'A name', pattern: '^a', format: 'uuid', maxLength: 9 },
    size: { type: 'integer', minimum: 0 },
    kind: { type: 'string', enum: ['a', 'b'] },
    status: { const: 'done' },
  },
  required: ['name', 'kind'],
};

/** An event that holds a file. */
const eventOf = (file: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { file },
  required: ['file'],
});

const { name, size, kind, status } = FILE.properties as Record<string, JsonSchema>;
const change = (properties: Record<string, JsonSchema>, required: readonly string[] = ['name', 'kind']) => ({
  ...FILE,
  properties: { ...FILE.properties, ...properties },
  required,
});

describe('breaks', () => {
  it.each<[kind: string, after: JsonSchema, line: string]>([
    ['a field gone', { ...FILE, properties: { name, kind, status } as never }, 'file.size is gone'],
    [
      'a field renamed',
      { ...FILE, properties: { name, kind, status, bytes: size } as never },
      'file.size is gone',
    ],
    ['retyped', change({ size: { ...size, type: 'string' } }), 'file.size: type was "integer", is "string"'],
    [
      'made nullable',
      change({ size: { anyOf: [size, { type: 'null' }] } }),
      'file.size: type was "integer", is not there',
    ],
    [
      'made nullable by type',
      change({ size: { ...size, type: ['integer', 'null'] } }),
      'file.size: type was',
    ],
    ['made optional', change({}, ['kind']), 'file.name is optional now'],
    ['made required', change({}, ['name', 'kind', 'size']), 'file.size is required now'],
    ['new and required', change({ at: {} }, ['name', 'kind', 'at']), 'file.at is new and required'],
    ['enum narrowed', change({ kind: { ...kind, enum: ['a'] } }), 'file.kind: enum was ["a","b"], is ["a"]'],
    [
      'enum widened',
      change({ kind: { ...kind, enum: ['a', 'b', 'c'] } }),
      'file.kind: enum was ["a","b"], is ["a","b","c"]',
    ],
    ['enum dropped', change({ kind: { type: 'string' } }), 'file.kind: enum was ["a","b"], is not there'],
    ['enum added', change({ name: { ...name, enum: ['a'] } }), 'file.name: enum was not there, is ["a"]'],
    ['const changed', change({ status: { const: 'over' } }), 'file.status: const was "done", is "over"'],
    ['pattern changed', change({ name: { ...name, pattern: '^' } }), 'file.name: pattern was "^a", is "^"'],
    [
      'format dropped',
      change({ name: { type: 'string', pattern: '^a', maxLength: 9 } }),
      'file.name: format was',
    ],
    ['bound widened', change({ name: { ...name, maxLength: 10 } }), 'file.name: maxLength was 9, is 10'],
    ['bound narrowed', change({ size: { ...size, minimum: 1 } }), 'file.size: minimum was 0, is 1'],
    ['bound added', change({ size: { ...size, maximum: 1 } }), 'file.size: maximum was not there, is 1'],
    ['no other fields', { ...FILE, additionalProperties: false }, 'file: additionalProperties was not there'],
    ['a keyword unheard of', { ...FILE, unevaluatedProperties: false }, 'file: unevaluatedProperties was'],
    ['no longer an object', { type: 'string' }, 'file: type was "object", is "string"'],
  ])('%s', (_, after, line) => {
    expect(breakingChanges(eventOf(FILE), eventOf(after))).toContainEqual(expect.stringContaining(line));
  });

  it('at the top, too', () => {
    expect(breakingChanges(FILE, { ...FILE, type: 'array' })).toEqual([
      'the event: type was "object", is "array"',
    ]);
    expect(breakingChanges(FILE, change({}, ['kind']))).toEqual(['name is optional now']);
  });

  it.each<[kind: string, after: JsonSchema, line: string]>([
    [
      'in one of several',
      { oneOf: [change({}, ['kind']), name as JsonSchema] },
      'file(1).name is optional now',
    ],
    ['one of several gone', { oneOf: [FILE] }, 'file: oneOf had 2 schemas, has 1'],
    ['one more', { oneOf: [FILE, name as JsonSchema, FILE] }, 'file: oneOf had 2 schemas, has 3'],
    ['none of several any more', FILE, 'file: oneOf had 2 schemas, has 0'],
  ])('%s', (_, after, line) => {
    const before: JsonSchema = { oneOf: [FILE, name as JsonSchema] };
    expect(breakingChanges(eventOf(before), eventOf(after))).toContainEqual(expect.stringContaining(line));
  });

  it('with a line for each change', () => {
    const after = { ...FILE, properties: { name: { ...name, pattern: 'b', maxLength: 1 } } as never };
    expect(breakingChanges(eventOf(FILE), eventOf(after))).toHaveLength(5);
  });
});

describe('breaks nothing', () => {
  it.each<[kind: string, after: JsonSchema]>([
    ['the same', structuredClone(FILE)],
    ['a new optional field', change({ at: { type: 'string' } })],
    ['a new optional object', change({ at: { ...FILE, required: ['name'] } })],
    ['other words', change({ name: { ...name, description: 'Its name', title: 'Name', examples: ['a'] } })],
    ['deprecated', change({ size: { ...size, deprecated: true } })],
    ['another $id', { ...FILE, $id: 'urn:file:2' }],
    ['another order', { ...change({ kind: { ...kind, enum: ['b', 'a'] } }), required: ['kind', 'name'] }],
  ])('%s', (_, after) => {
    expect(breakingChanges(eventOf(FILE), eventOf(after))).toEqual([]);
  });

  it('a new optional field in one of several', () => {
    const before: JsonSchema = { oneOf: [status as JsonSchema, FILE] };
    const after: JsonSchema = { oneOf: [status as JsonSchema, change({ at: {} })] };
    expect(breakingChanges(eventOf(before), eventOf(after))).toEqual([]);
  });
});

const schemas = fc.letrec<{ schema: JsonSchema; object: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.record({ type: fc.constantFrom('string', 'integer'), minimum: fc.nat(3) }),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }) }),
    tie('object'),
  ),
  object: fc
    .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('schema'))
    .chain((properties) =>
      fc.subarray(Object.keys(properties)).map((required) => ({ type: 'object', properties, required })),
    ),
}));

describe('of any schemas', () => {
  it('none breaks itself', () => {
    fc.assert(fc.property(schemas.object, (schema) => breakingChanges(schema, schema).length === 0));
  });

  it('a field that is added breaks nothing, and one that goes breaks one thing', () => {
    fc.assert(
      fc.property(schemas.object, schemas.schema, (before, added) => {
        const after = { ...before, properties: { ...before.properties, added } };
        expect(breakingChanges(eventOf(before), eventOf(after))).toEqual([]);
        expect(breakingChanges(eventOf(after), eventOf(before))).toEqual(['file.added is gone']);
      }),
    );
  });
});
