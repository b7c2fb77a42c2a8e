import type { AssetRecord } from '#core/assets/asset-record';
import { type Difference, emptyTally } from '../../../scripts/reconcile/differences.ts';
import { type Place, reconcile } from '../../../scripts/reconcile/reconcile.ts';
import type { Listed, Records, Versions } from '../../../scripts/reconcile/stores.ts';
import { presignedRecord, registeredRecord } from '../../support/asset-records.ts';

/** What is to be simulated, made from its number whenever it is asked for, so that it takes no memory. */
export interface Simulation {
  /** The numbers of the assets that there are, from 0. */
  readonly assets: number;
  /** The assets to a page. */
  readonly page: number;
  readonly record?: (index: number, read: 'page' | 'find') => AssetRecord | undefined;
  readonly has?: (index: number) => boolean;
}

const idOf = (index: number) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
const indexOf = (id: string) => Number.parseInt(id.slice(-12), 16);

/** A registered asset's record, the same whenever it is asked for. */
export function registered(index: number): AssetRecord {
  const { asset, outbox, ...marks } = registeredRecord(presigned(index));
  return { ...marks, asset, outbox: { ...outbox, event_id: idOf(index) } };
}

export function presigned(index: number) {
  return presignedRecord({ asset_id: idOf(index) });
}

function listed(index: number): Listed {
  return {
    key: `tenants/t_acme/dev/raw/${idOf(index)}/a.txt`,
    version_id: 'v0',
    size_bytes: 10,
    last_modified: '2026-01-31T12:00:00.000Z',
  };
}

/** Reconciles simulated stores. @returns what was found */
export async function reconcileSimulated(
  { assets, page, record = registered, has = () => true }: Simulation,
  {
    onDifference = async () => {},
    onPage = () => {},
  }: {
    readonly onDifference?: (difference: Difference) => Promise<void>;
    readonly onPage?: (place: Place | undefined) => void;
  } = {},
) {
  const numbers = (from: number) =>
    Array.from({ length: Math.min(page, assets - from) }, (_, offset) => from + offset);
  const after = (from: number) => (from + page < assets ? from + page : undefined);
  const versions: Versions = {
    async page(from) {
      const start = from === undefined ? 0 : Number(from.version_id);
      const next = after(start);
      return {
        items: numbers(start).map(listed),
        next: next === undefined ? undefined : { key: 'k', version_id: String(next) },
      };
    },
    has: async (key) => has(indexOf(key.split('/')[4] ?? '')),
  };
  const records: Records = {
    async page(from = '0') {
      const next = after(Number(from));
      return {
        items: numbers(Number(from)).flatMap((index) => record(index, 'page') ?? []),
        next: next === undefined ? undefined : String(next),
      };
    },
    findAll: async (keys) => keys.flatMap(({ asset_id }) => record(indexOf(asset_id), 'find') ?? []),
  };
  const tally = emptyTally();
  await reconcile({ versions, records, tally, place: { walk: 'versions' }, onDifference, onPage });
  return tally;
}
