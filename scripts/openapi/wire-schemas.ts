import { type JsonSchema as Converted, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { AssetId, Sha256, SizeBytes, Timestamp } from '#contract/asset';
import { DownloadQuery, ListQuery, MAX_DOWNLOAD_SECONDS } from '#contract/assets-api';
import { ContentType } from '#contract/content-type';
import { DeclaredContentType } from '#contract/declared-content-type';
import { Filename } from '#contract/filename';
import { Metadata } from '#contract/metadata';
import { PresignRequest } from '#contract/uploads';
import type { JsonSchema } from '../breaking-changes.ts';

const DATE_TIME = { type: 'string', format: 'date-time' };

/**
 * What goes over the wire of the values whose schemas change or check them by code. They say what a JSON Schema can say: the
 * service may refuse more than they do.
 */
const WIRE = new Map<object, object>([
  [AssetId, { type: 'string', format: 'uuid' }],
  [Sha256, { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' }],
  [Filename, { type: 'string', minLength: 1, pattern: '^[^/\\\\]+$' }],
  [ContentType, { type: 'string', maxLength: 255 }],
  [DeclaredContentType, { type: 'string', maxLength: 255 }],
  [
    PresignRequest.entries.size_bytes.wrapped,
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
  [SizeBytes, { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }],
  [Timestamp, DATE_TIME],
  [Metadata, { type: 'object' }],
  [ListQuery.entries.limit, { type: 'integer', minimum: 1, maximum: 100, default: 50 }],
  [ListQuery.entries.created_from.wrapped, DATE_TIME],
  [ListQuery.entries.created_to.wrapped, DATE_TIME],
  [
    DownloadQuery.entries.expires,
    { type: 'integer', minimum: 1, maximum: MAX_DOWNLOAD_SECONDS, default: 300 },
  ],
]);

/** Actions of valibot that JSON Schema has no word for. */
const BY_CODE = new Set(['to_lower_case', 'transform', 'raw_transform', 'check', 'raw_check']);

/** The parts that a schema may be made of. */
interface Parts {
  readonly pipe?: readonly { readonly type: string }[];
  readonly entries?: Readonly<Record<string, object>>;
  readonly wrapped?: object;
  readonly item?: object;
  readonly options?: readonly object[];
}

/** Stands in a schema for one that {@link WIRE} has: the converter tells of a pipe's parts only. */
const standIns = new Map<object, object>([...WIRE].map(([schema, wire]) => [schema, { ...v.any(), wire }]));

/** @throws Error for a schema by code that {@link WIRE} lacks */
function onTheWire(schema: object, names: Names): object {
  const name = names.get(schema);
  if (name !== undefined) return { ...v.any(), wire: { $ref: `#/components/schemas/${name}` } };
  const standIn = standIns.get(schema);
  if (standIn !== undefined) return standIn;
  const { pipe = [], entries, wrapped, item, options } = schema as Parts;
  const [action] = pipe.filter(({ type }) => BY_CODE.has(type));
  if (action !== undefined) throw new Error(`A schema with the action ${action.type} has no wire schema`);
  return {
    ...schema,
    ...(entries && {
      entries: Object.fromEntries(
        Object.entries(entries).map(([name, entry]) => [name, onTheWire(entry, names)]),
      ),
    }),
    ...(wrapped && { wrapped: onTheWire(wrapped, names) }),
    ...(item && { item: onTheWire(item, names) }),
    ...(Array.isArray(options) && {
      options: options.map((option) => (typeof option === 'object' ? onTheWire(option, names) : option)),
    }),
  };
}

/** The names of schemas that a document has once, and refers to. */
type Names = ReadonlyMap<object, string>;

/**
 * The JSON Schema of what goes over the wire.
 *
 * @param names of schemas that are referred to in `#/components/schemas`
 * @throws Error for a part of a schema that neither JSON Schema nor {@link WIRE} can say
 */
export function wireSchema(schema: v.GenericSchema, names: Names = new Map()): JsonSchema {
  const { $schema: _, ...converted }: object & { $schema?: unknown } = toJsonSchema(
    onTheWire(schema, names) as v.GenericSchema,
    {
      target: 'draft-2020-12',
      typeMode: 'input',
      overrideSchema: ({ valibotSchema }) =>
        'wire' in valibotSchema ? (valibotSchema.wire as Converted) : undefined,
    },
  );
  return converted as JsonSchema;
}
