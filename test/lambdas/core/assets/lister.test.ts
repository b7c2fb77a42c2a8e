import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AssetIndex, IndexRow } from '#core/assets/asset-index';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { listKey } from '#core/assets/list-key';
import { Lister } from '#core/assets/lister';
import { caller, presignedRecord, registeredRecord } from '../../../support/asset-records.ts';
import { MemoryAssetRepository } from '../../../support/memory-asset-repository.ts';

const query = { limit: 10, status: 'registered' } as const;

/** Lists an index that holds rows in its first shard alone. */
function listerOf(rows: readonly IndexRow[], records: readonly AssetRecord[]): Lister {
  let shards = 0;
  const index: AssetIndex = { read: async () => ({ rows: shards++ === 0 ? rows : [], end: undefined }) };
  const assets = new MemoryAssetRepository();
  for (const record of records) assets.items.set(partitionKey(record.asset), toItem(record));
  return new Lister(index, assets);
}

const rowOf = (record: ReturnType<typeof registeredRecord>, pk = partitionKey(record.asset)): IndexRow => ({
  pk,
  position: listKey(record.asset).list_sk,
});

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(JSON.stringify(line)));
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
});
afterEach(() => vi.restoreAllMocks());

it('a row of another tenant is not answered, and is counted for the alarm', async () => {
  const own = registeredRecord(presignedRecord());
  const theirs = registeredRecord(presignedRecord({ tenant_id: 't_other' }));
  const lister = listerOf([rowOf(own), rowOf(theirs)], [own, theirs]);
  expect(await lister.list(caller, query)).toEqual({ items: [own.asset] });
  expect(printed.join()).toContain('"ForeignRows":[1]');
  expect(printed.join()).not.toContain('t_other');
});

it('what has left its place since the index was written is not answered', async () => {
  const own = registeredRecord(presignedRecord());
  const again = { ...own, asset: { ...own.asset, created_at: '2030-01-01T00:00:00.000Z' } };
  const lister = listerOf([rowOf(own)], [again]);
  expect(await lister.list(caller, query)).toEqual({ items: [] });
  expect(printed).toEqual([]);
});
