import * as v from 'valibot';
import { PresignedAsset, RawAsset } from '#contract/asset';
import {
  type EventType,
  RawAssetPresignedEvent,
  RawAssetRegisteredEvent,
  SCHEMA_VERSION,
} from '#contract/events';

/** The major of the `schema_version` that is written and read. */
export const MAJOR_VERSION = SCHEMA_VERSION.replace(/\.\d+$/, '');

/** Any minor: it adds optional fields, which who does not know them passes over. */
const schema_version = v.pipe(v.string(), v.regex(new RegExp(`^${MAJOR_VERSION}\\.\\d+$`)));

/** The publisher's rules of a file name, as far as a pattern of JSON Schema can say them. */
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
 * Without the publisher's limits: it counts numbers by their text, which a subscriber's `JSON.parse` has lost. `1e20` is
 * written again as 21 digits.
 */
const metadata = RawAsset.entries.metadata.pipe[0];

/**
 * Each DatasetEvent as a subscriber may rely on it, whom a later minor must not break: what the JSON Schemas in
 * `docs/events/` are made of. Unlike the publisher's own schemas they say nothing that JSON Schema cannot.
 */
export const RECEIVED_EVENTS = {
  raw_asset_presigned: v.object({
    ...RawAssetPresignedEvent.entries,
    schema_version,
    asset: v.object({ ...PresignedAsset.entries, filename }),
  }),
  raw_asset_registered: v.object({
    ...RawAssetRegisteredEvent.entries,
    schema_version,
    asset: v.object({ ...RawAsset.entries, filename, metadata }),
  }),
} satisfies Record<EventType, v.GenericSchema>;
