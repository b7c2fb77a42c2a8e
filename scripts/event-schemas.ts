import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import { SCHEMA_VERSION } from '#contract/events';
import { EVENT_TYPES, type EventType } from '#contract/outbox-entry';
import { MAJOR_VERSION, RECEIVED_EVENTS } from '#contract/received-event';
import { breakingChanges, type JsonSchema } from './breaking-changes.ts';
import { EVENT_FIELDS, EVENT_VARIANTS } from './event-fields.ts';

/** `npm run events:schemas` makes the JSON Schemas in `docs/events/` from the schemas of received events. */
const FOLDER = fileURLToPath(new URL('../docs/events', import.meta.url));

const DESCRIPTIONS: Readonly<Record<EventType, string>> = {
  raw_asset_presigned: 'A form for an upload was signed. The upload may never come.',
  raw_asset_registered: 'A file was uploaded, verified and registered: one version of one object.',
  raw_asset_deleted:
    'An asset was deleted. Its bytes are kept until `purge_at`, and it can be restored until then.',
  raw_asset_restored: 'A deleted asset was brought back: it is registered again, as it was.',
  raw_asset_purged:
    'An asset is gone for good, and its bytes are removed: its retention ended, or it was erased. The event of an erased one holds ids only.',
  raw_asset_expired:
    'An upload was cancelled, or was not registered in time. The asset is what was declared for it.',
};

const { metadata } = RECEIVED_EVENTS.raw_asset_registered.entries.asset.entries;

/** Conversions that the converter lacks. It throws an error for any other part of a schema that it cannot convert. */
const CONFIG: ConversionConfig = {
  target: 'draft-2020-12',
  overrideAction: ({ valibotAction, jsonSchema }) =>
    valibotAction.type === 'to_lower_case' ? { ...jsonSchema, not: { pattern: '[A-Z]' } } : undefined,
  overrideSchema: ({ valibotSchema }) => (valibotSchema === metadata ? { type: 'object' } : undefined),
};

/** The JSON Schema of each event's `detail`. */
export function eventSchemas(): Map<EventType, JsonSchema> {
  return new Map(
    EVENT_TYPES.map((type) => {
      const converted: object = toJsonSchema(RECEIVED_EVENTS[type], CONFIG);
      const { $schema, ...schema } = converted as JsonSchema;
      const $id = `urn:nexus:raw-storage:event:${SCHEMA_VERSION}:${type}`;
      return [type, { $schema, $id, title: type, description: DESCRIPTIONS[type], ...described(schema) }];
    }),
  );
}

/** @throws Error for a field, or a variant, that `event-fields.ts` does not describe */
function described(schema: JsonSchema): JsonSchema {
  if (schema.oneOf) return { ...schema, oneOf: schema.oneOf.map(describedVariant) };
  if (!schema.properties) return schema;
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    const description = EVENT_FIELDS[name];
    if (description === undefined) throw new Error(`${name} is not described in scripts/event-fields.ts`);
    return [name, { description, ...described(property) }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function describedVariant(schema: JsonSchema): JsonSchema {
  const status = String(schema.properties?.['status']?.['const']);
  const description = EVENT_VARIANTS[status];
  if (description === undefined) throw new Error(`${status} is not described in scripts/event-fields.ts`);
  return { description, ...described(schema) };
}

/** One line for each breaking change since the schemas in `folder` of the same major version. */
export function changesSince(folder: string, schemas: ReadonlyMap<string, JsonSchema>): string[] {
  return globSync(`${MAJOR_VERSION}.*/*.schema.json`, { cwd: folder }).flatMap((file) => {
    const [version, type = ''] = file.split(/[\\/]|\.schema\.json$/);
    const published = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const schema = schemas.get(type);
    const changes = schema ? breakingChanges(published, schema) : ['the event is gone'];
    return changes.map((change) => `${type} ${version}: ${change}`);
  });
}

/**
 * Writes the schemas into the folder of their `schema_version` in `folder`.
 *
 * @throws Error, and writes nothing, if one of them breaks those who rely on a schema that is there
 */
export function publish(folder: string, schemas: ReadonlyMap<string, JsonSchema>): void {
  const changes = changesSince(folder, schemas);
  if (changes.length > 0) {
    throw new Error(
      [...changes, 'Nothing is written: such a change needs a new major SCHEMA_VERSION.'].join('\n'),
    );
  }
  mkdirSync(join(folder, SCHEMA_VERSION), { recursive: true });
  for (const [type, schema] of schemas) {
    const file = join(folder, SCHEMA_VERSION, `${type}.schema.json`);
    writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
  }
}

if (import.meta.main) {
  try {
    publish(FOLDER, eventSchemas());
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
