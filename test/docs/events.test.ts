import { globSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disagreement } from '#contract/agreement';
import {
  EVENT_SOURCE,
  EVENT_TYPES,
  type EventType,
  parseDatasetEvent,
  SCHEMA_VERSION,
} from '#contract/parse-dataset-event';
import type { JsonSchema } from '../../scripts/breaking-changes.ts';
import { changesSince, eventSchemas } from '../../scripts/event-schemas.ts';
import { mutations } from '../support/mutations.ts';

const FOLDER = new URL('../../docs/events/', import.meta.url).pathname;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const read = (file: string) => readFileSync(`${FOLDER}${file}`, 'utf8');
const readJson = (file: string) => JSON.parse(read(`${SCHEMA_VERSION}/${file}`));

const formats = { uuid: UUID, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/ };
const ajv = new Ajv2020({ formats, allErrors: true });

it('no change breaks a subscriber of this schema_version', () => {
  expect(changesSince(FOLDER, eventSchemas())).toEqual([]);
});

it('there is a schema and an example of each event, and nothing else', () => {
  const files = EVENT_TYPES.flatMap((type) => [`${type}.example.json`, `${type}.schema.json`]);
  expect(globSync('*', { cwd: `${FOLDER}${SCHEMA_VERSION}` }).sort()).toEqual(files.sort());
});

describe.each(EVENT_TYPES)('%s', (type: EventType) => {
  const schema = readJson(`${type}.schema.json`);
  const example = readJson(`${type}.example.json`);
  const validate = ajv.compile(schema);

  it('has the schema that `npm run events:schemas` makes', () => {
    expect(schema).toEqual(eventSchemas().get(type));
  });

  it('has an example that is an event of EventBridge', () => {
    const { detail, ...event } = example;
    expect(event).toEqual({
      version: '0',
      id: expect.stringMatching(UUID),
      'detail-type': type,
      source: EVENT_SOURCE,
      account: expect.stringMatching(/^\d{12}$/),
      // EventBridge keeps whole seconds of it.
      time: detail.occurred_at.replace(/\.\d+/, ''),
      region: expect.any(String),
      resources: [],
    });
  });

  it('has an example that its schema takes', () => {
    validate(example.detail);
    expect(validate.errors).toBeNull();
    expect(parseDatasetEvent(example.detail).schema_version).toBe(SCHEMA_VERSION);
  });

  it('has an example that shows every field', () => {
    // Of an asset that may be one of several the first is shown.
    const fields = ({ properties, oneOf: [first] = [] }: JsonSchema): string[] =>
      Object.keys(properties ?? first?.properties ?? {}).sort();
    expect(Object.keys(example.detail).sort()).toEqual(fields(schema));
    expect(Object.keys(example.detail.asset).sort()).toEqual(fields(schema.properties.asset));
  });

  it('has a schema that says what the parser does', () => {
    fc.assert(
      fc.property(mutations(example.detail), (detail) => {
        // No schema can say that one field is made of others.
        const agrees = () => disagreement(detail as never) === undefined;
        expect(parses(detail), JSON.stringify(detail)).toBe(validate(detail) && agrees());
      }),
      { numRuns: 2000 },
    );
  });
});

function parses(detail: unknown): boolean {
  try {
    parseDatasetEvent(detail);
    return true;
  } catch {
    return false;
  }
}

describe('the README', () => {
  const readme = read('README.md');

  it('links to every file, and to none that is not there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path as string);
    for (const path of links) expect(() => read(path)).not.toThrow();
    for (const file of globSync(`${SCHEMA_VERSION}/*`, { cwd: FOLDER })) expect(links).toContain(file);
  });
});
