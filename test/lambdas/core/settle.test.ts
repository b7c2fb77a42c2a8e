import { describe, expect, it } from 'vitest';
import type { AssetRecord, PresignedRecord } from '#core/assets/asset-record';
import { objectKey } from '#core/assets/object-location';
import { readEndedLife } from '#core/settle/ended-life';
import { readObjectCreated } from '#core/settle/object-created';
import { Settler } from '#core/settle/settler';
import { Registrar } from '#core/uploads/registrar';
import {
  closedRecord,
  deletedRecord,
  presignedRecord,
  registeredRecord,
} from '../../support/asset-records.ts';
import { MemoryAssetRepository } from '../../support/memory-asset-repository.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { removalRecord, streamRecord } from '../../support/stream-record.ts';

class Crash extends Error {}

/** What settle calls, which ends abruptly before or after the call that is the `crashAt`-th half. */
function crashing<T extends object>(part: T, halves: { left: number }): T {
  return new Proxy(part, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (halves.left-- === 0) throw new Crash();
        const result = await method.apply(target, args);
        if (halves.left-- === 0) throw new Crash();
        return result;
      };
    },
  });
}

function open() {
  const assets = new MemoryAssetRepository();
  const objects = new MemoryObjectStore();
  const settler = (left = -1) => {
    const halves = { left };
    const own = crashing(assets, halves);
    const store = crashing(objects, halves);
    return new Settler(own, store, new Registrar(own, store, 1000), store);
  };
  return { assets, objects, settler };
}

const presigned = (asset: Partial<PresignedRecord['asset']> = {}) =>
  presignedRecord({ filename: 'a.txt', ...asset });

const arrival = ({ asset }: AssetRecord & PresignedRecord, versionId: string) => ({
  asset: { tenant_id: asset.tenant_id, env: asset.env, asset_id: asset.asset_id },
  key: asset.key,
  versionId,
});

type World = ReturnType<typeof open>;

/** Each with the world before, settle's work, and what is to be there after: versions, and the item's marks. */
const CASES: Readonly<
  Record<
    string,
    {
      readonly before: (world: World) => Promise<(settler: Settler) => Promise<void>>;
      readonly versions: readonly string[];
      readonly item?: object;
    }
  >
> = {
  'a version that arrives is noted': {
    async before({ assets, objects }) {
      const record = presigned();
      await assets.create(record);
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v0'));
    },
    versions: ['v0'],
    item: { status: 'presigned', arrived: 'v0' },
  },
  'a second one makes several': {
    async before({ assets, objects }) {
      const record = presigned();
      await assets.create(record);
      await assets.note(record, 'v0');
      for (const text of ['a', 'b'])
        objects.put(record.asset.key, Buffer.from(text), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v1'));
    },
    versions: ['v0', 'v1'],
    item: { status: 'presigned', arrived: '*' },
  },
  'one that registers itself is registered': {
    async before({ assets, objects }) {
      const record = presigned({ register: 'on_upload' });
      await assets.create(record);
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v0'));
    },
    versions: ['v0'],
    item: { status: 'registered', version_id: 'v0' },
  },
  'one of another life is noted, though this one registers itself': {
    async before({ assets, objects }) {
      const record = presigned({ register: 'on_upload' });
      await assets.create(record);
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: 'life-0' });
      return (settler) => settler.arrived(arrival(record, 'v0'));
    },
    versions: ['v0'],
    item: { status: 'presigned', arrived: 'v0' },
  },
  'one without an asset is removed': {
    async before({ objects }) {
      const record = presigned();
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v0'));
    },
    versions: [],
  },
  'one under another key than its asset’s is removed': {
    async before({ assets, objects }) {
      const record = presigned();
      const other = objectKey({ ...record.asset, filename: 'b.txt' });
      await assets.create(record);
      objects.put(other, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived({ ...arrival(record, 'v0'), key: other });
    },
    versions: [],
    item: { status: 'presigned' },
  },
  'the recorded one stays, told late': {
    async before({ assets, objects }) {
      const record = presigned();
      await assets.create(record);
      await assets.replace(record, registeredRecord(record));
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v0'));
    },
    versions: ['v0'],
    item: { status: 'registered' },
  },
  'another than the recorded one is removed': {
    async before({ assets, objects }) {
      const record = presigned();
      await assets.create(record);
      await assets.replace(record, registeredRecord(record));
      for (const text of ['a', 'b'])
        objects.put(record.asset.key, Buffer.from(text), 'text/plain', { upload: record.upload });
      return (settler) => settler.arrived(arrival(record, 'v1'));
    },
    versions: ['v0'],
    item: { status: 'registered' },
  },
  'what was noted goes when its life ends': {
    async before({ assets, objects }) {
      const record = presigned();
      const noted = { ...record, arrived: 'v0' };
      const closed = closedRecord(record, 'expired');
      await assets.create(record);
      await assets.replace(record, closed);
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
      return (settler) => settler.ended({ before: noted, after: closed });
    },
    versions: [],
    item: { status: 'expired' },
  },
  'of several all go but the recorded one': {
    async before({ assets, objects }) {
      const record = presigned();
      const registered = registeredRecord(record);
      await assets.create(record);
      await assets.replace(record, registered);
      for (const text of ['a', 'b', 'c'])
        objects.put(record.asset.key, Buffer.from(text), 'text/plain', { upload: record.upload });
      return (settler) => settler.ended({ before: { ...record, arrived: '*' }, after: registered });
    },
    versions: ['v0'],
    item: { status: 'registered' },
  },
  'of several the next life takes the rest along': {
    async before({ assets, objects }) {
      const record = presigned();
      const next = presigned({ asset_id: record.asset.asset_id });
      await assets.create(next);
      for (const text of ['a', 'b'])
        objects.put(record.asset.key, Buffer.from(text), 'text/plain', { upload: record.upload });
      return (settler) => settler.ended({ before: { ...record, arrived: '*' }, after: undefined });
    },
    versions: ['v0', 'v1'],
    item: { status: 'presigned', arrived: '*' },
  },
  'the bytes of an asset go when its retention ends': {
    async before({ objects }) {
      const record = deletedRecord(registeredRecord(presigned()));
      objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: String(record.upload) });
      return (settler) => settler.ended({ before: record, after: undefined });
    },
    versions: [],
  },
};

const versionsOf = ({ objects }: World) => objects.all().map(({ versionId }) => versionId);
const itemOf = ({ assets }: World) => [...assets.items.values()][0];

describe.each(Object.entries(CASES))('%s', (_, { before, versions, item }) => {
  const check = (world: World) => {
    expect(versionsOf(world)).toEqual(versions);
    if (item === undefined) expect(itemOf(world)).toBeUndefined();
    else expect(itemOf(world)).toMatchObject(item);
  };

  it('once, and when it is told again', async () => {
    const world = open();
    const work = await before(world);
    await work(world.settler());
    check(world);
    await work(world.settler());
    check(world);
  });

  it('however it is ended abruptly before or after any of its calls', async () => {
    let crashes = 0;
    for (let crashAt = 0; ; crashAt++) {
      const world = open();
      const work = await before(world);
      const crashed = await work(world.settler(crashAt)).then(
        () => false,
        (error) => error instanceof Crash || Promise.reject(error),
      );
      if (!crashed) break;
      crashes += 1;
      await work(world.settler());
      check(world);
    }
    expect(crashes).toBeGreaterThanOrEqual(2);
  });
});

describe('an event of S3', () => {
  const body = (key: string, name = 'raw') =>
    JSON.stringify({ detail: { bucket: { name }, object: { key, 'version-id': 'v1' } } });
  const id = '0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11';

  it('names the asset by its key', () => {
    const key = `tenants/org_2aB/prod/raw/${id}/naïve 100%.csv`;
    expect(readObjectCreated(body(key), 'raw')).toEqual({
      asset: { tenant_id: 'org_2aB', env: 'prod', asset_id: id },
      key,
      versionId: 'v1',
    });
  });

  it.each([
    `tenants/t_a/prod/raw/${id}`,
    `tenants/t_a/prod/raw/${id}/a/b`,
    `tenants/t_a/prod/other/${id}/a`,
    `tenants//prod/raw/${id}/a`,
    `tenants/t a/prod/raw/${id}/a`,
    `tenants/t_a/PROD/raw/${id}/a`,
    `tenants/t_a/prod/raw/${id.toUpperCase()}/a`,
    'tenants/t_a/prod/raw/1/a',
    `x/tenants/t_a/prod/raw/${id}/a`,
    `tenants/t_a/prod/raw/${id}/..`,
    `tenants/t_a/prod/raw/${id}/a\u0000b`,
    `tenants/t_a/prod/raw/${id}/a\nb`,
    `tenants/t_a/prod/raw/${id}/\${a}`,
    `tenants/t_a/prod/raw/${id}/${'nai\u0308ve'}`,
    `tenants/t_a/prod/raw/${id}/${'a'.repeat(256)}`,
  ])('of a key that no form has names none: %s', (key) => {
    expect(readObjectCreated(body(key), 'raw')).toBeUndefined();
  });

  it('of another bucket names none', () => {
    const key = `tenants/t_a/prod/raw/${id}/a`;
    expect(readObjectCreated(body(key, 'another'), 'raw')).toBeUndefined();
    expect(readObjectCreated(body(key), 'raw')).toBeDefined();
  });

  it.each(['', '{}', 'nonsense', JSON.stringify({ detail: { object: { key: 'a' } } })])(
    'that is none is a fault: %j',
    (text) => {
      expect(() => readObjectCreated(text, 'raw')).toThrow();
    },
  );
});

describe('a record of the stream', () => {
  const record = presigned();
  const noted = { ...record, arrived: 'v0' };
  const registered = registeredRecord(record);
  const deleted = deletedRecord(registered);

  it.each([
    ['a noted upload that is registered', streamRecord(registered, noted)],
    ['one that is cancelled', streamRecord(closedRecord(record, 'expired'), noted)],
    ['one that Time to Live removed', removalRecord(noted)],
    ['a deleted asset that Time to Live removed', removalRecord(deleted)],
    ['an erased asset', streamRecord(closedRecord(deleted, 'purged'), deleted)],
  ])('ends a life: %s', (_, change) => {
    expect(readEndedLife(change)).toBeDefined();
  });

  it.each([
    ['a presign', streamRecord(record)],
    ['a note', streamRecord(noted, record)],
    ['a delete', streamRecord(deleted, registered)],
    ['a removal by somebody else', { ...removalRecord(noted), userIdentity: undefined }],
  ])('ends none: %s', (_, change) => {
    expect(readEndedLife(change)).toBeUndefined();
  });

  it('that is not under its key is a fault', () => {
    const change = removalRecord(noted);
    Object.assign(change.dynamodb ?? {}, { Keys: { pk: { S: 't_other#dev#1' } } });
    expect(() => readEndedLife(change)).toThrow('The item is not that of its key');
  });
});

it('an asset that had one upload costs no list', async () => {
  const { assets, objects, settler } = open();
  objects.list = () => Promise.reject(new Error('listed'));
  const record = presigned();
  await assets.create(record);
  objects.put(record.asset.key, Buffer.from('a'), 'text/plain', { upload: record.upload });
  await settler().arrived(arrival(record, 'v0'));
  const noted = { ...record, arrived: 'v0' };
  const closed = closedRecord(record, 'expired');
  await assets.replace(record, closed);
  await settler().ended({ before: noted, after: closed });
  expect(objects.all()).toEqual([]);
});
