import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DatasetEvent } from '#contract/events';
import { EVENT_TYPES } from '#contract/outbox-entry';
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
    const text = JSON.stringify([...Object.values(CHANGES), removalRecord(deleted)].map(toDatasetEvent));
    expect(text).not.toMatch(/"(upload|ttl|arrived|list_pk|list_sk|pk)"/);
  });

  it('by which an upload is cancelled tells what was declared', () => {
    const { register: _, ...asset } = presigned.asset;
    expect(toDatasetEvent(CHANGES.raw_asset_expired).asset).toEqual({
      ...presigned.asset,
      ...asset,
      status: 'expired',
    });
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
