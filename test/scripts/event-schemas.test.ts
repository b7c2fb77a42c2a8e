import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '#contract/events';
import type { JsonSchema } from '../../scripts/breaking-changes.ts';
import { eventSchemas, publish } from '../../scripts/event-schemas.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryDirectory();
});

const schemaOf = (...required: string[]): JsonSchema => ({
  type: 'object',
  properties: { a: { type: 'string' }, b: { type: 'string' } },
  required,
});
const file = (version: string) => join(folder, version, 'happened.schema.json');
const read = (version: string) => JSON.parse(readFileSync(file(version), 'utf8'));

/** What is published already, as `version`. */
function published(version: string, schema: JsonSchema): void {
  mkdirSync(join(folder, version));
  writeFileSync(file(version), JSON.stringify(schema));
}

describe('publishing', () => {
  it('writes a schema for each event', () => {
    publish(folder, eventSchemas());
    for (const [type, schema] of eventSchemas()) {
      const path = join(folder, SCHEMA_VERSION, `${type}.schema.json`);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(schema);
    }
  });

  it('writes over what it only adds to', () => {
    published(SCHEMA_VERSION, schemaOf('a'));
    const schema = { ...schemaOf('a'), properties: { ...schemaOf().properties, c: {} } };
    publish(folder, new Map([['happened', schema]]));
    expect(read(SCHEMA_VERSION)).toEqual(schema);
  });

  it('writes nothing at all where something would break', () => {
    published(SCHEMA_VERSION, schemaOf('a'));
    const schemas = new Map([
      ['another', schemaOf()],
      ['happened', schemaOf('b')],
    ]);
    expect(() => publish(folder, schemas)).toThrow(
      [
        'happened 1.0: a is optional now',
        'happened 1.0: b is required now: events of before may lack it',
        'Nothing is written: such a change needs a new major SCHEMA_VERSION.',
      ].join('\n'),
    );
    expect(read(SCHEMA_VERSION)).toEqual(schemaOf('a'));
    expect(existsSync(join(folder, SCHEMA_VERSION, 'another.schema.json'))).toBe(false);
  });

  it('drops no event', () => {
    published(SCHEMA_VERSION, schemaOf('a'));
    expect(() => publish(folder, new Map())).toThrow('happened 1.0: the event is gone');
  });

  it('breaks no other minor version', () => {
    published('1.7', schemaOf('a'));
    expect(() => publish(folder, new Map([['happened', schemaOf()]]))).toThrow(
      'happened 1.7: a is optional now',
    );
  });

  it('may break another major version', () => {
    published('10.0', schemaOf('a'));
    publish(folder, new Map([['happened', schemaOf()]]));
    expect(read('10.0')).toEqual(schemaOf('a'));
    expect(read(SCHEMA_VERSION)).toEqual(schemaOf());
  });
});
