import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DatasetEvent } from '#contract/events';
import { EVENT_TYPES, OutboxEntry } from '#contract/outbox-entry';
import { parseDatasetEvent } from '#contract/parse-dataset-event';
import { hasEvent, timeOf, toDatasetEvent } from '#core/events/change-event';
import { uuidV5 } from '#core/events/uuid-v5';
import { outboxEntry } from '#core/identity/caller';
import {
  caller,
  closedRecord,
  deletedRecord,
  presignedRecord,
  registeredRecord,
} from '../../../support/asset-records.ts';
import { removalRecord, streamRecord } from '../../../support/stream-record.ts';

const presigned = { ...presignedRecord({ size_bytes: 3, metadata: { a: 1 } }), arrived: 'v1' };
const registered = registeredRecord(presigned);
const deleted = deletedRecord(registered);
const restored = {
  ...registered,
  outbox: outboxEntry(caller, 'raw_asset_restored', deleted.outbox.sequence + 1, new Date()),
};

const CHANGES = {
  raw_asset_presigned: streamRecord(presigned),
  raw_asset_registered: streamRecord(registered, presigned),
  raw_asset_deleted: streamRecord(deleted, registered),
  raw_asset_restored: streamRecord(restored, deleted),
  raw_asset_purged: streamRecord(closedRecord(deleted, 'purged'), deleted),
  raw_asset_expired: streamRecord(closedRecord(presigned, 'expired'), presigned),
};

describe('a change', () => {
  it.each(EVENT_TYPES)('has its event: %s', (type) => {
    const record = CHANGES[type];
    expect(hasEvent(record)).toBe(true);
    const event = toDatasetEvent(record);
    expect(event.event_type).toBe(type);
    expect(timeOf(record)).toBe(Date.parse(event.occurred_at));
    expect(v.is(DatasetEvent, event)).toBe(true);
    expect(parseDatasetEvent(JSON.parse(JSON.stringify(event)))).toMatchObject({ event_type: type });
  });

  it('tells nothing that is the service’s own', () => {
    const records = [...Object.values(CHANGES), removalRecord(deleted), removalRecord(presigned)];
    const text = JSON.stringify(records.map(toDatasetEvent));
    for (const name of ['pk', 'upload', 'ttl', 'arrived', 'list_pk', 'list_sk']) {
      expect(JSON.stringify(records), name).toContain(`"${name}"`);
      expect(text, name).not.toContain(`"${name}"`);
    }
  });

  it('by which an upload is cancelled tells what was declared', () => {
    const declared = { ...presigned.asset, status: 'expired' };
    expect(toDatasetEvent(CHANGES.raw_asset_expired).asset).toEqual(declared);
  });

  it('by which an asset is erased tells its ids only', () => {
    const { asset_id, tenant_id, env } = presigned.asset;
    expect(toDatasetEvent(CHANGES.raw_asset_purged).asset).toEqual({
      asset_id,
      tenant_id,
      env,
      status: 'purged',
    });
  });

  it('is none where a window is moved or a version noted', () => {
    expect(hasEvent(streamRecord({ ...presigned, ttl: 1 }, presigned))).toBe(false);
    expect(hasEvent(streamRecord(presigned, presignedRecord(presigned.asset)))).toBe(true);
  });
});

it('the events of a life are numbered each above the last, whichever way it ends', () => {
  const { raw_asset_presigned, raw_asset_registered, raw_asset_deleted, raw_asset_purged } = CHANGES;
  const life = [raw_asset_presigned, raw_asset_registered, raw_asset_deleted];
  const ends = [CHANGES.raw_asset_restored, raw_asset_purged, removalRecord(deleted)];
  const first = presigned.outbox.sequence;
  for (const end of ends) {
    const sequences = [...life, end].map((record) => toDatasetEvent(record).sequence);
    expect(sequences).toEqual([first, first + 1, first + 2, first + 3]);
  }
  for (const end of [CHANGES.raw_asset_expired, removalRecord(presigned)])
    expect(toDatasetEvent(end).sequence).toBe(first + 1);
});

describe('a removal', () => {
  const removedAt = new Date('2026-04-01T14:05:31Z');

  it.each([
    ['raw_asset_expired', presigned, { ...presigned.asset, status: 'expired' }],
    ['raw_asset_purged', deleted, deleted.asset],
  ] as const)('by Time to Live is told by the service: %s', (event_type, record, asset) => {
    const removal = removalRecord(record, removedAt);
    expect(hasEvent(removal)).toBe(true);
    expect(toDatasetEvent(removal)).toMatchObject({
      event_type,
      sequence: record.outbox.sequence + 1,
      occurred_at: '2026-04-01T14:05:31.000Z',
      user_id: 'nexus-raw-storage',
      request_id: removal.eventID,
      asset,
    });
  });

  it('has one event_id, which follows from that of the change before', () => {
    const ids = [presigned, deleted, presigned].map(
      (record) => toDatasetEvent(removalRecord(record)).event_id,
    );
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each([
    ['raw_asset_presigned', 'raw_asset_expired'],
    ['raw_asset_deleted', 'raw_asset_purged'],
  ] as const)('after the example of %s is told by that of %s', (before, after) => {
    const detailOf = (type: string) =>
      JSON.parse(readFileSync(`docs/events/1.0/${type}.example.json`, 'utf8')).detail;
    const [last, { request_id: _, trace_id: __, ...told }] = [detailOf(before), detailOf(after)];
    const record = { asset: last.asset, outbox: v.parse(OutboxEntry, last), ttl: 1 };
    const removal = removalRecord(record, new Date(told.occurred_at));
    // The event_id, too: were its namespace another, a redelivery over a new version of the service would be another event.
    expect(JSON.parse(JSON.stringify(toDatasetEvent(removal)))).toMatchObject(told);
  });

  it('of an item that is none of the service’s is refused', () => {
    const [foreign, broken, moved] = [removalRecord(deleted), removalRecord(deleted), removalRecord(deleted)];
    Object.assign(foreign.dynamodb?.Keys ?? {}, { pk: { S: 't_other#dev#1' } });
    Object.assign(broken.dynamodb?.OldImage ?? {}, { filename: { N: '1' } });
    Object.assign(moved.dynamodb?.OldImage ?? {}, { key: { S: 'tenants/t_other/dev/raw/1/a.txt' } });
    expect(() => toDatasetEvent(foreign)).toThrow('pk is not that of the tenant, env and asset');
    expect(() => toDatasetEvent(broken)).toThrow(v.ValiError);
    expect(() => toDatasetEvent(moved)).toThrow('asset.key is not that of the tenant, env and asset');
  });

  it.each([
    ['a registered asset', registered],
    ['an expired one', closedRecord(presigned, 'expired')],
    ['a purged one', closedRecord(deleted, 'purged')],
  ])('of %s has no event', (_, record) => {
    expect(hasEvent(removalRecord(record))).toBe(false);
  });

  it('by anybody else has none', () => {
    const { userIdentity: _, ...record } = removalRecord(presigned);
    expect(hasEvent(record)).toBe(false);
    expect(hasEvent({ ...record, userIdentity: { type: 'User', principalId: 'somebody' } })).toBe(false);
  });
});

it('a UUIDv5 is as RFC 9562 has it', () => {
  // https://www.rfc-editor.org/rfc/rfc9562#name-example-of-a-uuidv5-value
  expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  );
});
