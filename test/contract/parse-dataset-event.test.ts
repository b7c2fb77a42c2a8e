import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import type { DynamoDBRecord } from 'aws-lambda';
import { build } from 'esbuild';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { DatasetEvent as PublishedEvent } from '#contract/events';
import { Filename } from '#contract/filename';
import { parseJson } from '#contract/json';
import { Metadata } from '#contract/metadata';
import {
  type DatasetEvent,
  DatasetEventError,
  EVENT_TYPES,
  type EventType,
  parseDatasetEvent,
  type RegisteredAsset,
} from '#contract/parse-dataset-event';
import { objectLocation } from '#core/assets/object-location';
import { toDatasetEvent } from '#core/events/change-event';
import { filename } from '../support/arbitraries.ts';
import { deletedRecord, presignedRecord, registeredRecord } from '../support/asset-records.ts';
import { mutations } from '../support/mutations.ts';
import { removalRecord, streamRecord } from '../support/stream-record.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** An event's detail, to be changed. */
function detailOf(type: string) {
  return JSON.parse(readFileSync(`${ROOT}docs/events/1.0/${type}.example.json`, 'utf8')).detail;
}

const registered = () => detailOf('raw_asset_registered');

function errorOf(detail: unknown): DatasetEventError {
  try {
    parseDatasetEvent(detail);
  } catch (error) {
    if (error instanceof DatasetEventError) return error;
    throw error;
  }
  throw new Error('It parses');
}

/** Where a file of this name would lie. */
function locationOf({ tenant_id, env, asset_id, asset }: ReturnType<typeof registered>, filename: string) {
  return objectLocation(asset.bucket, { tenant_id, env, asset_id, filename });
}

describe('an event that contradicts itself', () => {
  it.each(['tenant_id', 'env', 'asset_id'])('in asset.%s of an erased asset is refused too', (name) => {
    const detail = detailOf('raw_asset_purged.erased');
    detail.asset[name] =
      { tenant_id: 't_other', env: 'other-env' }[name] ?? detailOf('raw_asset_purged').event_id;
    expect(errorOf(detail)).toMatchObject({ code: 'invalid_event', path: `asset.${name}` });
  });

  it.each([
    ['tenant_id', 't_other'],
    ['env', 'other-env'],
    ['asset_id', 'c0ffee00-0000-4000-8000-000000000000'],
    ['key', 'tenants/t_other/dev/raw/8b0f8d3e-0000-4000-8000-000000000000/a.txt'],
    ['uri', 's3://bucket/tenants/t_other/dev/raw/8b0f8d3e-0000-4000-8000-000000000000/a.txt'],
    ['uri', 's3://theirs/a.txt'],
  ])('in asset.%s (%s) is refused, by the name of the field', (name, value) => {
    for (const type of EVENT_TYPES) {
      const detail = detailOf(type);
      detail.asset[name] = value;
      const { code, path, message } = errorOf(detail);
      expect({ code, path }).toEqual({ code: 'invalid_event', path: `asset.${name}` });
      expect(message).toBe(`asset.${name} is not that of the event's tenant, env and asset`);
    }
  });

  it('in the key by its tenant, env, asset or filename alone is refused', () => {
    for (const part of ['tenant_id', 'env', 'asset_id', 'filename']) {
      const detail = registered();
      const other = { tenant_id: 't_other', env: 'other-env', asset_id: 'other', filename: 'other' }[
        part
      ] as string;
      detail.asset.key = detail.asset.key.replace((detail.asset[part] ?? detail[part]) as string, other);
      detail.asset.uri = `s3://${detail.asset.bucket}/${detail.asset.key}`;
      expect(errorOf(detail).path, part).toBe('asset.key');
    }
  });
});

describe('an event', () => {
  it.each(EVENT_TYPES)('of %s comes back as it is', (type) => {
    const detail = detailOf(type);
    const before = structuredClone(detail);
    expect(parseDatasetEvent(detail)).toBe(detail);
    expect(detail).toEqual(before);
  });

  it('of a later minor version is read, and keeps what that adds', () => {
    const detail = { ...registered(), schema_version: '1.12', labels: ['a'] };
    detail.asset.image = { width: 1, height: 2 };
    expect(parseDatasetEvent(detail)).toMatchObject({ labels: ['a'], asset: { image: { width: 1 } } });
  });

  it('has its asset’s type by its own', () => {
    const event = parseDatasetEvent(registered());
    expectTypeOf(event.event_type).toEqualTypeOf<EventType>();
    if (event.event_type !== 'raw_asset_registered') expect.unreachable();
    expectTypeOf(event.asset).toExtend<RegisteredAsset>();
    expect(event.asset.version_id).toBe(registered().asset.version_id);
  });

  it('of a purged asset has its ids alone where it was erased', () => {
    const events = ['raw_asset_purged', 'raw_asset_purged.erased'].map((name) =>
      parseDatasetEvent(detailOf(name)),
    );
    const told = events.map((event) => {
      if (event.event_type !== 'raw_asset_purged') expect.unreachable();
      expectTypeOf(event.asset.status).toEqualTypeOf<'deleted' | 'purged'>();
      // @ts-expect-error an erased asset has none
      event.asset.filename;
      return event.asset.status === 'deleted' ? event.asset.filename : Object.keys(event.asset);
    });
    expect(told).toEqual(['Messwerte März.csv', ['asset_id', 'tenant_id', 'env', 'status']]);
  });
});

describe('what the publisher writes', () => {
  /** Through JSON, as it reaches a subscriber. */
  const received = (record: DynamoDBRecord) => JSON.parse(JSON.stringify(toDatasetEvent(record)));

  it('is what a subscriber reads, whatever the file’s name and metadata', () => {
    const metadata = fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
      .filter((value) => v.is(Metadata, value));
    fc.assert(
      fc.property(filename, metadata, (name, metadata) => {
        const presigned = presignedRecord({ filename: name });
        const registered = registeredRecord(presigned, metadata);
        const records = [
          streamRecord(presigned),
          streamRecord(registered, presigned),
          removalRecord(presigned),
          removalRecord(deletedRecord(registered)),
        ];
        for (const record of records) {
          const detail = received(record);
          expect(parseDatasetEvent(detail)).toBe(detail);
        }
      }),
    );
  });

  it('may hold metadata that is longer once its numbers are written again', () => {
    const metadata = parseJson(`{"n":[${Array(3000).fill('1e20').join()}]}`) as Record<string, unknown>;
    expect(() =>
      parseDatasetEvent(received(streamRecord(registeredRecord(presignedRecord(), metadata)))),
    ).not.toThrow();
  });

  it('may hold any file name that is taken', () => {
    const names = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 260 }),
      fc
        .array(fc.constantFrom('.', '$', '{', 'a', '\u2028', '\u0085', '\u202e', '\u{1F4A9}'), {
          maxLength: 6,
        })
        .map((parts) => parts.join('')),
      fc.constantFrom('a'.repeat(255), '\u{1F4A9}'.repeat(63)),
    );
    fc.assert(
      fc.property(names, (name) => {
        const result = v.safeParse(Filename, name);
        fc.pre(result.success);
        const detail = registered();
        Object.assign(detail.asset, { filename: result.output }, locationOf(detail, result.output));
        expect(parseDatasetEvent(detail)).toBe(detail);
      }),
    );
  });

  it('is of types that a subscriber reads', () => {
    expectTypeOf<PublishedEvent>().toExtend<DatasetEvent>();
  });
});

describe('refused', () => {
  it.each<[string, detail: unknown, path: string, message: string]>([
    ['nothing', undefined, '', 'The detail is missing'],
    ['null', null, '', 'The detail must be Object'],
    ['text, such as a queue’s message', '{}', '', 'The detail must be Object'],
    ['a list', [], 'schema_version', 'schema_version is missing'],
    ['the whole event', { detail: registered() }, 'schema_version', 'schema_version is missing'],
    [
      'a version of no such form',
      { ...registered(), schema_version: '1' },
      'schema_version',
      'schema_version is malformed (regex)',
    ],
    ['a field missing', { ...registered(), event_id: undefined }, 'event_id', 'event_id is missing'],
    ['a field null', { ...registered(), user_id: null }, 'user_id', 'user_id must be string'],
    ['no id', { ...registered(), event_id: 'a\nb' }, 'event_id', 'event_id is malformed (uuid)'],
    [
      'no time',
      { ...registered(), occurred_at: 'now' },
      'occurred_at',
      'occurred_at is malformed (iso_timestamp)',
    ],
    [
      'no whole number',
      { ...registered(), sequence: 1.5 },
      'sequence',
      'sequence is malformed (safe_integer)',
    ],
    ['no env', { ...registered(), env: 'Prod' }, 'env', 'env is not an env'],
    ['no tenant', { ...registered(), tenant_id: 'a/b' }, 'tenant_id', 'tenant_id is not a tenant id'],
    ['no asset', { ...registered(), asset: undefined }, 'asset', 'asset is missing'],
    [
      'another event’s asset',
      { ...registered(), asset: detailOf('raw_asset_presigned').asset },
      'asset.status',
      'asset.status must be "registered"',
    ],
    [
      'no version of the object',
      withAsset({ version_id: undefined }),
      'asset.version_id',
      'asset.version_id is missing',
    ],
    [
      'a checksum malformed',
      withAsset({ sha256: 'ab' }),
      'asset.sha256',
      'asset.sha256 is not 64 hex digits',
    ],
    [
      'a path for a name',
      withAsset({ filename: '../a' }),
      'asset.filename',
      'asset.filename is not a file name',
    ],
    [
      'metadata that is a list',
      withAsset({ metadata: [] }),
      'asset.metadata',
      'asset.metadata is not a JSON object',
    ],
  ])('is %s', (_, detail, path, message) => {
    expect(errorOf(detail)).toMatchObject({
      name: 'DatasetEventError',
      code: 'invalid_event',
      path,
      message,
    });
  });

  it('is another major version, whatever else it holds', () => {
    expect(errorOf({ schema_version: '2.0', event_type: 'asset.registered' })).toMatchObject({
      code: 'unsupported_schema_version',
      path: 'schema_version',
      message: 'schema_version is 2.0, but 1.x is what can be read',
    });
    expect(errorOf({ ...registered(), schema_version: '10.0' }).code).toBe('unsupported_schema_version');
  });

  it.each(['raw_asset_moved', 'toString', 'a\nb'])(
    'is an event type unknown, told apart: %j',
    (event_type) => {
      expect(errorOf({ ...registered(), event_type })).toMatchObject({
        code: 'unknown_event_type',
        path: 'event_type',
        message: `event_type is ${JSON.stringify(event_type)}, not one of ${EVENT_TYPES.join(', ')}`,
      });
    },
  );

  it('is whatever else is no event, in one line', () => {
    fc.assert(
      fc.property(fc.oneof(mutations(registered()), fc.jsonValue()), (detail) => {
        try {
          expect(parseDatasetEvent(detail)).toBe(detail);
        } catch (error) {
          expect(error).toBeInstanceOf(DatasetEventError);
          expect((error as Error).message).toMatch(/^\S.*$/);
          expect(error).not.toHaveProperty('issues');
        }
      }),
    );
  });
});

function withAsset(fields: object): object {
  const detail = registered();
  return { ...detail, asset: { ...detail.asset, ...fields } };
}

describe('a subscriber’s bundle', () => {
  const bundle = build({
    absWorkingDir: ROOT,
    entryPoints: ['contract/parse-dataset-event.ts'],
    bundle: true,
    write: false,
    metafile: true,
    // Refuses what only Node.js has.
    platform: 'browser',
    format: 'iife',
    globalName: 'events',
  });

  it('holds this package’s own code and valibot, no more', async () => {
    const { metafile } = await bundle;
    const files = Object.keys(metafile.inputs);
    expect(files).toContain('contract/received-event.ts');
    const foreign = files.filter((file) => !/^(contract|node_modules\/valibot)\//.test(file));
    expect(foreign).toEqual([]);
  });

  it('runs where there is nothing but the language', async () => {
    const { outputFiles } = await bundle;
    const context = createContext({ details: JSON.stringify(EVENT_TYPES.map(detailOf)) });
    runInContext(outputFiles[0]?.text ?? '', context);
    const types = 'JSON.parse(details).map((detail) => events.parseDatasetEvent(detail).event_type).join()';
    expect(runInContext(types, context)).toBe(EVENT_TYPES.join());
  });
});
