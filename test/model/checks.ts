import { SEVERAL } from '#core/assets/asset-record';
import type { World } from './world.ts';

/** What each event leaves, and after what it may come. */
const CHANGES: Readonly<Record<string, { readonly after: readonly string[]; readonly leaves: string }>> = {
  raw_asset_presigned: { after: ['none', 'expired', 'purged'], leaves: 'presigned' },
  raw_asset_registered: { after: ['presigned'], leaves: 'registered' },
  raw_asset_deleted: { after: ['registered'], leaves: 'deleted' },
  raw_asset_restored: { after: ['deleted'], leaves: 'registered' },
  raw_asset_purged: { after: ['registered', 'deleted'], leaves: 'purged' },
  raw_asset_expired: { after: ['presigned'], leaves: 'expired' },
};

/** What is wrong with an asset once all is delivered; before that it may be a matter of time. */
export async function faultsOf(world: World, asset_id: string, lists: Lists): Promise<string[]> {
  const faults: string[] = [];
  const record = await world.record(asset_id);
  const versions = world.versions(asset_id);
  const asset = record?.asset;
  if (asset?.status === 'registered' || asset?.status === 'deleted') {
    if (!versions.some(({ id }) => id === asset.version_id))
      faults.push(`a ${asset.status} asset has lost its bytes`);
    if (versions.length > 1) faults.push(`${versions.length} versions beside a ${asset.status} asset`);
  } else if (asset?.status === 'presigned') {
    for (const { id } of versions)
      if (record?.arrived !== id && record?.arrived !== SEVERAL)
        faults.push('a version that is noted nowhere');
    const isOwn = versions.some(({ upload }) => upload === record?.upload);
    if (asset.register === 'on_upload' && isOwn) faults.push('an upload that did not register itself');
  } else if (versions.length > 0) {
    faults.push(`${versions.length} versions of an asset that is ${asset?.status ?? 'not there'}`);
  }

  let state = 'none';
  let sequence = 0;
  for (const event of world.events(asset_id)) {
    const change = CHANGES[event.event_type];
    if (!change?.after.includes(state)) faults.push(`${event.event_type} after ${state}`);
    if (event.sequence <= sequence) faults.push(`sequence ${event.sequence} after ${sequence}`);
    state = change?.leaves ?? state;
    sequence = event.sequence;
  }
  const told = asset?.status ?? (state === 'expired' || state === 'purged' ? state : 'none');
  if (state !== told) faults.push(`the events leave it ${state}, the record is ${told}`);

  for (const status of ['registered', 'deleted'] as const) {
    const isListed = lists[status].has(asset_id);
    if (isListed !== (asset?.status === status)) faults.push(`${isListed ? '' : 'not '}listed as ${status}`);
  }
  return faults;
}

/** The ids that a tenant's lists hold, by status. */
export type Lists = Readonly<Record<'registered' | 'deleted', ReadonlySet<string>>>;

/** @param from RFC 3339: what was registered before is left out */
export async function listsOf(world: World, from: string): Promise<Lists> {
  const [registered, deleted] = await Promise.all(
    ['registered', 'deleted'].map(async (status) => {
      const ids = new Set<string>();
      for (let cursor: unknown = ''; cursor !== undefined; ) {
        const query = `status=${status}&limit=100&created_from=${from}${cursor && `&cursor=${cursor}`}`;
        const { body } = await world.client.send('GET', `/nexus/raw?${query}`);
        for (const { asset_id } of body['items'] as { asset_id: string }[]) ids.add(asset_id);
        cursor = body['next_cursor'];
      }
      return ids;
    }),
  );
  return { registered: registered as Set<string>, deleted: deleted as Set<string> };
}
