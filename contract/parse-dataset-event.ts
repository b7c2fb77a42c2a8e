import * as v from 'valibot';
import { disagreement } from '#contract/agreement';
import { EVENT_TYPES, type EventType } from '#contract/outbox-entry';
import { MAJOR_VERSION, RECEIVED_EVENTS } from '#contract/received-event';

export type {
  ClosedAsset,
  DeletedAsset,
  ExpiredAsset,
  PresignedAsset,
  RawAsset,
  RegisteredAsset,
} from '#contract/asset';
export { EVENT_SOURCE, SCHEMA_VERSION } from '#contract/events';
export { EVENT_TYPES, type EventType } from '#contract/outbox-entry';

export type RawAssetPresignedEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_presigned>;
export type RawAssetRegisteredEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_registered>;
export type RawAssetDeletedEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_deleted>;
export type RawAssetRestoredEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_restored>;
export type RawAssetPurgedEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_purged>;
export type RawAssetExpiredEvent = v.InferOutput<typeof RECEIVED_EVENTS.raw_asset_expired>;

/** The `detail` of an event of the service. */
export type DatasetEvent = v.InferOutput<(typeof RECEIVED_EVENTS)[EventType]>;

/**
 * Why a detail is no event that this package knows: it is of a later `schema_version` (another major), or of a later
 * `event_type`, or not the service's at all.
 */
export type DatasetEventErrorCode = 'unsupported_schema_version' | 'unknown_event_type' | 'invalid_event';

/** The message is one line that names the field. */
export class DatasetEventError extends Error {
  override readonly name = 'DatasetEventError';
  readonly code: DatasetEventErrorCode;
  /** The field, dotted (`asset.version_id`); empty for the detail itself. */
  readonly path: string;

  constructor(code: DatasetEventErrorCode, path: string, message: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

/** The two fields that decide which schema an event is read by. */
const Kind = v.object({
  schema_version: v.pipe(v.string(), v.regex(/^\d+\.\d+$/)),
  event_type: v.string(),
});

/**
 * Reads the `detail` of an EventBridge event. Returned is the very object that came, so that fields which a later minor
 * version adds are kept, though the types do not name them.
 *
 * @throws DatasetEventError for anything but a DatasetEvent of this major version; its `code` tells events of a later one
 *   (`unsupported_schema_version`) and event types of a later minor (`unknown_event_type`) from what is malformed
 */
export function parseDatasetEvent(detail: unknown): DatasetEvent {
  const { schema_version, event_type } = check(Kind, detail);
  if (!schema_version.startsWith(`${MAJOR_VERSION}.`)) {
    const message = `schema_version is ${schema_version}, but ${MAJOR_VERSION}.x is what can be read`;
    throw new DatasetEventError('unsupported_schema_version', 'schema_version', message);
  }
  if (!isKnown(event_type)) {
    const message = `event_type is ${JSON.stringify(event_type)}, not one of ${EVENT_TYPES.join(', ')}`;
    throw new DatasetEventError('unknown_event_type', 'event_type', message);
  }
  const path = disagreement(check(RECEIVED_EVENTS[event_type], detail));
  if (path !== undefined) {
    throw new DatasetEventError(
      'invalid_event',
      path,
      `${path} is not that of the event's tenant, env and asset`,
    );
  }
  return detail as DatasetEvent;
}

function isKnown(event_type: string): event_type is EventType {
  return EVENT_TYPES.some((known) => known === event_type);
}

function check<TSchema extends v.GenericSchema>(schema: TSchema, detail: unknown): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, detail, { abortEarly: true, message: describe });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? '';
  throw new DatasetEventError('invalid_event', path, `${path || 'The detail'} ${issue.message}`);
}

/** Never what was received: it may be long, and not for every log. */
function describe({ kind, type, expected, received }: v.BaseIssue<unknown>): string {
  if (received === 'undefined') return 'is missing';
  return kind === 'schema' ? `must be ${expected}` : `is malformed (${type})`;
}
