import { expect, it } from 'vitest';
import { Lifecycle } from '#core/assets/lifecycle';
import { caller, deletedRecord, presignedRecord, registeredRecord } from '../../../support/asset-records.ts';
import { MemoryAssetRepository } from '../../../support/memory-asset-repository.ts';

/** A registered asset. */
async function open() {
  const assets = new MemoryAssetRepository();
  const record = presignedRecord();
  const registered = registeredRecord(record);
  await assets.create(record);
  await assets.replace(record, registered);
  return { assets, registered, asset_id: record.asset.asset_id };
}

it('a change that another call overtakes is made from what that one left', async () => {
  const { assets, registered, asset_id } = await open();
  const deleted = deletedRecord(registered);
  const replace = assets.replace.bind(assets);
  assets.replace = async (previous, next, liveAt) => {
    assets.replace = replace;
    await replace(registered, deleted);
    return replace(previous, next, liveAt);
  };
  // The other call deleted it: this one answers with that, and makes no change.
  expect(await new Lifecycle(assets, 30).delete(caller, asset_id)).toEqual(deleted.asset);
  expect((await assets.find(registered.asset))?.outbox).toEqual(deleted.outbox);
});

it('a record that never stands still is answered for another time', async () => {
  const { assets, registered, asset_id } = await open();
  assets.replace = async () => ({ written: false, current: registered });
  await expect(new Lifecycle(assets, 30).erase(caller, asset_id)).rejects.toMatchObject({
    code: 'unavailable',
  });
});

it('without retention a delete is an erase', async () => {
  const { assets, registered, asset_id } = await open();
  expect(await new Lifecycle(assets, 0).delete(caller, asset_id)).toEqual({ asset_id, status: 'purged' });
  expect((await assets.find(registered.asset))?.asset).toEqual({
    asset_id,
    tenant_id: 't_acme',
    env: 'dev',
    status: 'purged',
  });
});

it('what was never registered cannot be deleted, and what is due cannot be restored', async () => {
  const { assets, registered, asset_id } = await open();
  const lifecycle = new Lifecycle(assets, 30);
  await assets.replace(registered, deletedRecord(registered, 1));
  await expect(lifecycle.restore(caller, asset_id)).rejects.toMatchObject({ code: 'asset_not_found' });
  const record = presignedRecord();
  await assets.create(record);
  await expect(lifecycle.delete(caller, record.asset.asset_id)).rejects.toMatchObject({
    code: 'asset_not_found',
  });
});
