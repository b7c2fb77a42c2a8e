import { type AssetRecord, isRaw, partitionKey } from '#core/assets/asset-record';
import { isGarbage, isOpenAt } from '#core/settle/garbage';
import { assetOfKey } from '#core/settle/object-created';
import { concurrently } from '../operator/concurrently.ts';
import type { Difference, ListedVersion, Tally } from './differences.ts';
import type { Records, VersionPlace, Versions } from './stores.ts';

/** How far a reconciliation has come: in the walk through the bucket, and then in the one through the table. */
export type Place =
  | { readonly walk: 'versions'; readonly from?: VersionPlace }
  | { readonly walk: 'records'; readonly from?: string };

export interface ReconcileOptions {
  readonly versions: Versions;
  readonly records: Records;
  /** Counts on from where it stands. */
  readonly tally: Tally;
  /** Where to begin. */
  readonly place: Place;
  /** Called with each difference; an orphan may be removed then, its record having been read after it was listed. */
  readonly onDifference: (difference: Difference) => Promise<void>;
  /** Called after each page, with where the next one begins. Throws to stop. */
  readonly onPage: (place: Place | undefined) => void;
}

type Orphanable = {
  readonly asset: NonNullable<ReturnType<typeof assetOfKey>>;
  readonly version: ListedVersion;
};

/**
 * Compares the bucket's versions with the table's records, a page at a time, so that memory does not grow with them. Calls that
 * go on meanwhile are no differences: what is listed is judged by a record that is read later, and what a record misses is
 * looked for again once the record has been read once more.
 */
export async function reconcile(options: ReconcileOptions): Promise<void> {
  let place: Place | undefined = options.place;
  while (place !== undefined) {
    place =
      place.walk === 'versions'
        ? await comparePage(options, place.from)
        : await checkPage(options, place.from);
    options.onPage(place);
  }
}

/** Looks for the records of a page of versions. */
async function comparePage(
  { versions, records, tally, onDifference }: ReconcileOptions,
  from: VersionPlace | undefined,
): Promise<Place> {
  const { items, next } = await versions.page(from);
  const found: Difference[] = [];
  const own: Orphanable[] = [];
  for (const item of items) {
    if ('kind' in item) {
      found.push(item);
      continue;
    }
    tally.versions += 1;
    tally.bytes += item.size_bytes;
    const asset = assetOfKey(item.key);
    if (asset === undefined) found.push({ kind: 'foreign', ...item });
    else own.push({ asset, version: item });
  }
  const keys = new Map(own.map(({ asset }) => [partitionKey(asset), asset]));
  const byKey = new Map<string, AssetRecord>();
  for (const record of await records.findAll([...keys.values()])) {
    if ('kind' in record) keys.delete(record.pk);
    else byKey.set(partitionKey(record.asset), record);
  }
  for (const { asset, version } of own) {
    const pk = partitionKey(asset);
    const record = byKey.get(pk);
    if (isOpenAt(record, version.key)) tally.open += 1;
    // A record that cannot be read, which the walk through the table tells of, may stand for any version.
    else if (keys.has(pk) && isGarbage(record, version.key, version.version_id))
      found.push({ kind: 'orphan', ...version });
  }
  await tell(found, tally, onDifference);
  return next === undefined ? { walk: 'records' } : { walk: 'versions', from: next };
}

/** Looks for the versions of a page of records. */
async function checkPage(
  { versions, records, tally, onDifference }: ReconcileOptions,
  from: string | undefined,
): Promise<Place | undefined> {
  const { items, next } = await records.page(from);
  const found: Difference[] = [];
  await concurrently(items, async (item) => {
    if ('kind' in item) {
      found.push(item);
      return;
    }
    if (!isRaw(item.asset)) return;
    tally.records += 1;
    const { tenant_id, env, asset_id, key, version_id } = item.asset;
    if (await versions.has(key, version_id)) return;
    const [now] = await records.findAll([item.asset]);
    // Its bytes go after its end was written: it has not ended if it is still the same.
    if (now === undefined || 'kind' in now || now.outbox.event_id !== item.outbox.event_id) return;
    found.push({ kind: 'missing', tenant_id, env, asset_id, key, version_id });
  });
  await tell(found, tally, onDifference);
  return next === undefined ? undefined : { walk: 'records', from: next };
}

async function tell(
  found: readonly Difference[],
  tally: Tally,
  onDifference: ReconcileOptions['onDifference'],
): Promise<void> {
  await concurrently(found, async (difference) => {
    tally.found[difference.kind] += 1;
    if (difference.kind === 'orphan') tally.orphanBytes += difference.size_bytes;
    await onDifference(difference);
  });
}
