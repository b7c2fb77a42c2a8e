import { expect, test } from 'vitest';
import type { Difference } from '../../../scripts/reconcile/differences.ts';
import type { Place } from '../../../scripts/reconcile/reconcile.ts';
import { presigned, reconcileSimulated, registered, type Simulation } from './simulated.ts';

async function differencesOf(simulation: Simulation) {
  const told: Difference[] = [];
  const tally = await reconcileSimulated(simulation, { onDifference: async (it) => void told.push(it) });
  return { kinds: told.map(({ kind }) => kind), tally };
}

test('every version and record is compared, over pages', async () => {
  const places: (Place | undefined)[] = [];
  const tally = await reconcileSimulated({ assets: 25, page: 10 }, { onPage: (place) => places.push(place) });
  expect(tally).toMatchObject({ versions: 25, records: 25, bytes: 250, open: 0 });
  expect(Object.values(tally.found)).toEqual([0, 0, 0, 0, 0]);
  expect(places).toEqual([
    { walk: 'versions', from: { key: 'k', version_id: '10' } },
    { walk: 'versions', from: { key: 'k', version_id: '20' } },
    { walk: 'records' },
    { walk: 'records', from: '10' },
    { walk: 'records', from: '20' },
    undefined,
  ]);
});

test('versions of an open upload are left alone; those under no record are orphans', async () => {
  const open = await differencesOf({ assets: 3, page: 2, record: presigned });
  expect(open).toMatchObject({ kinds: [], tally: { versions: 3, open: 3, records: 0 } });
  const orphans = await differencesOf({ assets: 3, page: 2, record: () => undefined });
  expect(orphans).toMatchObject({ kinds: ['orphan', 'orphan', 'orphan'], tally: { orphanBytes: 30 } });
});

test('a version is an orphan if the record is of another version, or of another key', async () => {
  const withAsset = (changes: object) => (index: number) => {
    const { asset, ...marks } = registered(index);
    return { ...marks, asset: { ...asset, ...changes } as typeof asset };
  };
  for (const changes of [{ version_id: 'v1' }, { key: 'tenants/t_acme/dev/raw/other' }])
    expect((await differencesOf({ assets: 1, page: 1, record: withAsset(changes) })).kinds).toEqual([
      'orphan',
    ]);
});

test('a record misses its version only if it still stands for it once that was looked for', async () => {
  const has = () => false;
  expect((await differencesOf({ assets: 2, page: 2, has })).kinds).toEqual(['missing', 'missing']);
  const erased = (index: number, read: 'page' | 'find') => {
    const record = registered(index);
    if (read === 'page') return record;
    return { ...record, outbox: { ...record.outbox, event_id: '11111111-0000-4000-8000-000000000000' } };
  };
  expect((await differencesOf({ assets: 2, page: 2, has, record: erased })).kinds).toEqual([]);
  const gone = (index: number, read: 'page' | 'find') => (read === 'page' ? registered(index) : undefined);
  expect((await differencesOf({ assets: 2, page: 2, has, record: gone })).tally.found.missing).toBe(0);
});
