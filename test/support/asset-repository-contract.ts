import { describe, expect, it } from 'vitest';
import { parseJson } from '#contract/json';
import type { AssetRecord } from '#core/assets/asset-record';
import type { AssetRepository, WriteOutcome } from '#core/assets/asset-repository';
import { closedRecord, deletedRecord, presignedRecord, registeredRecord } from './asset-records.ts';

const NOW = 1_900_000_000;
const LATER = 2_000_000_000;

const WRITTEN: WriteOutcome = { written: true };
const refused = (current: AssetRecord | undefined): WriteOutcome => ({ written: false, current });

/** What every repository of assets does; `open` gives one that holds none of the suite's ids. */
export function assetRepositoryContract(open: () => AssetRepository): void {
  describe('find', () => {
    it('finds nothing under another tenant, env or id', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record);
      const { asset } = record;
      expect(await repository.find(asset)).toEqual(record);
      expect(await repository.find({ ...asset, tenant_id: 't_other' })).toBeUndefined();
      expect(await repository.find({ ...asset, env: 'prod' })).toBeUndefined();
      expect(await repository.find(presignedRecord().asset)).toBeUndefined();
    });
  });

  describe('create', () => {
    it('keeps what was declared', async () => {
      const repository = open();
      const record = presignedRecord({
        size_bytes: 5 * 1024 ** 3,
        sha256: 'cd'.repeat(32),
        filename: 'é 👍.txt',
        register: 'on_upload',
        metadata: { a: [1, ''] },
      });
      expect(await repository.create(record)).toEqual(WRITTEN);
      expect(await repository.find(record.asset)).toEqual(record);
    });

    it('leaves a presigned asset, also one that is due', async () => {
      const repository = open();
      const record = presignedRecord({}, 1);
      await repository.create(record);
      const other = presignedRecord({ asset_id: record.asset.asset_id });
      expect(await repository.create(other)).toEqual(refused(record));
      expect(await repository.find(record.asset)).toEqual(record);
    });

    it('leaves a registered and a deleted asset for good', async () => {
      const repository = open();
      const record = presignedRecord();
      const registered = registeredRecord(record);
      const deleted = deletedRecord(registered, 1);
      const other = presignedRecord({ asset_id: record.asset.asset_id });
      await repository.create(record);
      await repository.replace(record, registered);
      expect(await repository.create(other)).toEqual(refused(registered));
      await repository.replace(registered, deleted);
      expect(await repository.create(other)).toEqual(refused(deleted));
      expect(await repository.find(record.asset)).toEqual(deleted);
    });

    it.each(['expired', 'purged'] as const)(
      'begins another life of an %s id, numbered higher',
      async (status) => {
        const repository = open();
        const record = presignedRecord();
        const closed = closedRecord(record, status);
        await repository.create(record);
        await repository.replace(record, closed);
        const next = (sequence: number) => {
          const other = presignedRecord({ asset_id: record.asset.asset_id });
          return { ...other, outbox: { ...other.outbox, sequence } };
        };
        expect(await repository.create(next(closed.outbox.sequence))).toEqual(refused(closed));
        const life = next(closed.outbox.sequence + 1);
        expect(await repository.create(life)).toEqual(WRITTEN);
        expect(await repository.find(record.asset)).toEqual(life);
      },
    );
  });

  describe('renew', () => {
    it('moves the window and nothing else', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record);
      await repository.note(record, 'v1');
      const asset = { ...record.asset, upload_expires_at: '2033-05-18T00:00:00.000Z' };
      const renewed = { ...record, asset, ttl: LATER + 60 };
      expect(await repository.renew(renewed)).toEqual(WRITTEN);
      expect(await repository.find(record.asset)).toEqual({ ...renewed, arrived: 'v1' });
    });

    it('leaves an asset that has changed since', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record);
      const other = presignedRecord({ asset_id: record.asset.asset_id });
      expect(await repository.renew(other)).toEqual(refused(record));
      const registered = registeredRecord(record);
      await repository.replace(record, registered);
      expect(await repository.renew(record)).toEqual(refused(registered));
      expect(await repository.find(record.asset)).toEqual(registered);
    });

    it('adds nothing where there is nothing', async () => {
      const repository = open();
      const record = presignedRecord();
      expect(await repository.renew(record)).toEqual(refused(undefined));
      expect(await repository.find(record.asset)).toBeUndefined();
    });
  });

  describe('note', () => {
    it('notes which version arrived, and that several did', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record);
      expect(await repository.note(record, 'v1')).toEqual(WRITTEN);
      const noted = { ...record, arrived: 'v1' };
      expect(await repository.find(record.asset)).toEqual(noted);
      expect(await repository.note(record, 'v2')).toEqual(refused(noted));
      expect(await repository.note({ ...record, arrived: 'v0' }, '*')).toEqual(refused(noted));
      expect(await repository.note(noted, '*')).toEqual(WRITTEN);
      expect(await repository.find(record.asset)).toEqual({ ...record, arrived: '*' });
    });

    it('leaves what is no longer presigned, or of another life, and adds nothing', async () => {
      const repository = open();
      const record = presignedRecord();
      expect(await repository.note(record, 'v1')).toEqual(refused(undefined));
      await repository.create(record);
      const other = presignedRecord({ asset_id: record.asset.asset_id });
      expect(await repository.note(other, 'v1')).toEqual(refused(record));
      const closed = closedRecord(record, 'expired');
      await repository.replace(record, closed);
      expect(await repository.note(record, 'v1')).toEqual(refused(closed));
    });
  });

  describe('replace', () => {
    it('keeps metadata to the letter, and nothing of the record before', async () => {
      const repository = open();
      const record = presignedRecord({ metadata: { old: true } });
      await repository.create(record);
      await repository.note(record, 'v1');
      const text = '{"n":12345678901234567890,"empty":"","list":[],"nested":{"__proto__":null},"x":0.10}';
      const registered = registeredRecord(record, parseJson(text) as Record<string, unknown>);
      expect(await repository.replace(record, registered, NOW)).toEqual(WRITTEN);
      const found = await repository.find(record.asset);
      expect(found).toEqual(registered);
      expect(found?.asset.status === 'registered' && JSON.stringify(found.asset.metadata)).toBe(text);
    });

    it('happens once', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record);
      const attempts = Array.from({ length: 20 }, () => registeredRecord(record));
      const results = await Promise.all(attempts.map((attempt) => repository.replace(record, attempt, NOW)));
      const winner = attempts[results.findIndex(({ written }) => written)];
      expect(results.filter(({ written }) => written)).toHaveLength(1);
      for (const result of results) expect([WRITTEN, refused(winner)]).toContainEqual(result);
      expect(await repository.find(record.asset)).toEqual(winner);
    });

    it('refuses a record that is due, another one, or none', async () => {
      const repository = open();
      const record = presignedRecord({}, NOW);
      const registered = registeredRecord(record);
      expect(await repository.replace(record, registered, NOW - 1)).toEqual(refused(undefined));
      await repository.create(record);
      expect(await repository.replace(record, registered, NOW)).toEqual(refused(record));
      const other = presignedRecord({ asset_id: record.asset.asset_id });
      expect(await repository.replace(other, registered, NOW - 1)).toEqual(refused(record));
      expect(await repository.replace({ ...registered, outbox: record.outbox }, registered)).toEqual(
        refused(record),
      );
      expect(await repository.find(record.asset)).toEqual(record);
    });

    it('does not ask for the time unless told', async () => {
      const repository = open();
      const record = presignedRecord({}, 1);
      await repository.create(record);
      expect(await repository.replace(record, registeredRecord(record))).toEqual(WRITTEN);
    });
  });
}
