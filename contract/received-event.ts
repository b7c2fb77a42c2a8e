import * as v from 'valibot';
import { DeletedAsset, ExpiredAsset, PresignedAsset, RegisteredAsset } from '#contract/asset';
import {
  ErasedAsset,
  RawAssetDeletedEvent,
  RawAssetExpiredEvent,
  RawAssetPresignedEvent,
  RawAssetPurgedEvent,
  RawAssetRegisteredEvent,
  RawAssetRestoredEvent,
  SCHEMA_VERSION,
} from '#contract/events';
import type { EventType } from '#contract/outbox-entry';

/** The major version that is written and read. */
export const MAJOR_VERSION = SCHEMA_VERSION.replace(/\.\d+$/, '');

/** Any minor version: a minor only adds optional fields, and a reader ignores fields that it does not know. */
const schema_version = v.pipe(v.string(), v.regex(new RegExp(`^${MAJOR_VERSION}\\.\\d+$`)));

/** The service's rules for file names, as far as a pattern of JSON Schema can express them. */
const filename = v.pipe(
  v.string(),
  v.maxLength(510),
  v.regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    /^(?!\.{1,2}$)((?!\$\{)[^/\\\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\uFDD0-\uFDEF\uFFFD-\uFFFF])+$/,
    'is not a file name',
  ),
);

/**
 * Metadata without the limits that the service enforces. It measures numbers as they were written, and a subscriber's
 * `JSON.parse` has lost that: `1e20` would count as 21 digits.
 */
const metadata = RegisteredAsset.entries.metadata.pipe[0];

const declared = { filename, metadata: v.optional(metadata) };
const registered = v.object({ ...RegisteredAsset.entries, filename, metadata });
const deleted = v.object({ ...DeletedAsset.entries, filename, metadata });

/**
 * The DatasetEvents that a subscriber may rely on; a later minor version must not break them. The JSON Schemas in
 * `docs/events/` are made from these, so they hold only rules that JSON Schema can express.
 */
export const RECEIVED_EVENTS = {
  raw_asset_presigned: v.object({
    ...RawAssetPresignedEvent.entries,
    schema_version,
    asset: v.object({ ...PresignedAsset.entries, ...declared }),
  }),
  raw_asset_registered: v.object({ ...RawAssetRegisteredEvent.entries, schema_version, asset: registered }),
  raw_asset_deleted: v.object({ ...RawAssetDeletedEvent.entries, schema_version, asset: deleted }),
  raw_asset_restored: v.object({ ...RawAssetRestoredEvent.entries, schema_version, asset: registered }),
  raw_asset_purged: v.object({
    ...RawAssetPurgedEvent.entries,
    schema_version,
    asset: v.variant('status', [deleted, ErasedAsset]),
  }),
  raw_asset_expired: v.object({
    ...RawAssetExpiredEvent.entries,
    schema_version,
    asset: v.object({ ...ExpiredAsset.entries, ...declared }),
  }),
} satisfies Record<EventType, v.GenericSchema>;
