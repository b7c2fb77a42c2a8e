import { describe, expect, it } from 'vitest';
import { parseJson } from '#contract/json';
import type { AssetRecord } from '#core/assets/asset-record';
import type { AssetRepository, WriteOutcome } from '#core/assets/asset-repository';
import { presignedRecord, registeredRecord } from './asset-records.ts';

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
      await repository.create(record, NOW);
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
      });
      expect(await repository.create(record, NOW)).toEqual(WRITTEN);
      expect(await repository.find(record.asset)).toEqual(record);
    });

    it('leaves an asset whose window is open', async () => {
      const repository = open();
      const record = presignedRecord({}, NOW + 1);
      await repository.create(record, NOW);
      expect(await repository.create(presignedRecord({ asset_id: record.asset.asset_id }), NOW)).toEqual(
        refused(record),
      );
      expect(await repository.find(record.asset)).toEqual(record);
    });

    it('takes the place of an asset that is gone, though the store has not purged it', async () => {
      const repository = open();
      const gone = presignedRecord({}, NOW);
      await repository.create(gone, NOW - 1);
      const record = presignedRecord({ asset_id: gone.asset.asset_id });
      expect(await repository.create(record, NOW)).toEqual(WRITTEN);
      expect(await repository.find(gone.asset)).toEqual(record);
    });

    it('leaves a registered asset for good', async () => {
      const repository = open();
      const record = presignedRecord();
      const registered = registeredRecord(record);
      await repository.create(record, NOW);
      await repository.register(registered, record.outbox, NOW);
      expect(
        await repository.create(presignedRecord({ asset_id: record.asset.asset_id }), LATER * 2),
      ).toEqual(refused(registered));
      expect(await repository.find(record.asset)).toEqual(registered);
    });
  });

  describe('renew', () => {
    it('moves the window and nothing else', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record, NOW);
      const asset = { ...record.asset, upload_expires_at: '2033-05-18T00:00:00.000Z' };
      const renewed = { ...record, asset, purge_at: LATER + 60 };
      expect(await repository.renew(renewed)).toEqual(WRITTEN);
      expect(await repository.find(record.asset)).toEqual(renewed);
    });

    it('leaves an asset that has changed since', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record, NOW);
      expect(await repository.renew(presignedRecord({ asset_id: record.asset.asset_id }))).toEqual(
        refused(record),
      );
      const registered = registeredRecord(record);
      await repository.register(registered, record.outbox, NOW);
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

  describe('register', () => {
    it('keeps metadata to the letter, and the window no more', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record, NOW);
      const text = '{"n":12345678901234567890,"empty":"","list":[],"nested":{"__proto__":null},"x":0.10}';
      const registered = registeredRecord(record, parseJson(text) as Record<string, unknown>);
      expect(await repository.register(registered, record.outbox, NOW)).toEqual(WRITTEN);
      const found = await repository.find(record.asset);
      expect(found).toEqual(registered);
      expect(found?.asset.status === 'registered' && JSON.stringify(found.asset.metadata)).toBe(text);
    });

    it('happens once', async () => {
      const repository = open();
      const record = presignedRecord();
      await repository.create(record, NOW);
      const attempts = Array.from({ length: 20 }, () => registeredRecord(record));
      const results = await Promise.all(
        attempts.map((attempt) => repository.register(attempt, record.outbox, NOW)),
      );
      const winner = attempts[results.findIndex(({ written }) => written)];
      expect(results.filter(({ written }) => written)).toHaveLength(1);
      for (const result of results) expect([WRITTEN, refused(winner)]).toContainEqual(result);
      expect(await repository.find(record.asset)).toEqual(winner);
    });

    it('refuses an asset that is gone, another presign, or none', async () => {
      const repository = open();
      const record = presignedRecord({}, NOW);
      expect(await repository.register(registeredRecord(record), record.outbox, NOW - 1)).toEqual(
        refused(undefined),
      );
      await repository.create(record, NOW - 1);
      expect(await repository.register(registeredRecord(record), record.outbox, NOW)).toEqual(
        refused(record),
      );
      expect(await repository.register(registeredRecord(record), presignedRecord().outbox, NOW - 1)).toEqual(
        refused(record),
      );
      expect(await repository.find(record.asset)).toEqual(record);
    });
  });
}
