import type { ClosedAsset, DeletedAsset, RegisteredAsset } from '#contract/asset';
import type { EventType } from '#contract/outbox-entry';
import { type AssetRecord, epochSeconds, isRaw } from '#core/assets/asset-record';
import type { AssetKey, AssetRepository } from '#core/assets/asset-repository';
import { RawStorageError } from '#core/errors';
import { type Caller, outboxEntry } from '#core/identity/caller';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How often a change is tried again whose record another call changed meanwhile. */
const MAX_ATTEMPTS = 4;

/** What a route makes of a record: an answer as it stands, or the record to put in its place. */
type Decision<TAnswer> =
  | { readonly answer: TAnswer }
  | {
      readonly answer: TAnswer;
      readonly next: AssetRecord;
      /** Epoch seconds: the record must not be due by then. */
      readonly liveAt?: number;
    };

type Ended<TStatus extends ClosedAsset['status']> = { readonly asset_id: string; readonly status: TStatus };

/** Ends and revives assets, each time by one conditional write. */
export class Lifecycle {
  readonly #assets: AssetRepository;
  readonly #retentionDays: number;

  /** @param retentionDays for which a deleted asset can be restored; 0 makes delete an erase */
  constructor(assets: AssetRepository, retentionDays: number) {
    this.#assets = assets;
    this.#retentionDays = retentionDays;
  }

  /** @throws RawStorageError `asset_not_found`, `unavailable` */
  delete(caller: Caller, asset_id: string): Promise<DeletedAsset | Ended<'purged'>> {
    return this.#change<DeletedAsset | Ended<'purged'>>(caller, asset_id, (found, now) => {
      const { asset } = found;
      if (asset.status === 'deleted') return { answer: asset };
      if (asset.status !== 'registered') return undefined;
      if (this.#retentionDays === 0) return this.#close(caller, found, 'purged', now);
      const purge = new Date(now.getTime() + this.#retentionDays * DAY_MS);
      const deleted: DeletedAsset = {
        ...asset,
        status: 'deleted',
        deleted_at: now.toISOString(),
        purge_at: purge.toISOString(),
      };
      const next = { ...change(caller, found, 'raw_asset_deleted', now), ttl: epochSeconds(purge) };
      return { answer: deleted, next: { ...next, asset: deleted } };
    });
  }

  /** @throws RawStorageError `asset_not_found`, also once the retention has ended, `unavailable` */
  restore(caller: Caller, asset_id: string): Promise<RegisteredAsset> {
    return this.#change(caller, asset_id, (found, now) => {
      const { asset, ttl = 0 } = found;
      if (asset.status === 'registered') return { answer: asset };
      const liveAt = epochSeconds(now);
      if (asset.status !== 'deleted' || ttl <= liveAt) return undefined;
      const { deleted_at: _, purge_at: __, ...kept } = asset;
      const registered: RegisteredAsset = { ...kept, status: 'registered' };
      const { ttl: ___, ...next } = change(caller, found, 'raw_asset_restored', now);
      return { answer: registered, next: { ...next, asset: registered }, liveAt };
    });
  }

  /** @throws RawStorageError `asset_not_found`, `already_registered`, `asset_deleted`, `unavailable` */
  cancel(caller: Caller, asset_id: string): Promise<Ended<'expired'>> {
    return this.#change(caller, asset_id, (found, now) => {
      const { status } = found.asset;
      if (status === 'registered') throw new RawStorageError('already_registered');
      if (status === 'deleted') throw new RawStorageError('asset_deleted');
      if (status === 'expired') return { answer: { asset_id, status } };
      return status === 'presigned' ? this.#close(caller, found, 'expired', now) : undefined;
    });
  }

  /** @throws RawStorageError `asset_not_found`, `unavailable` */
  erase(caller: Caller, asset_id: string): Promise<Ended<'purged'>> {
    return this.#change(caller, asset_id, (found, now) => {
      const { status } = found.asset;
      if (status === 'purged') return { answer: { asset_id, status } };
      return isRaw(found.asset) ? this.#close(caller, found, 'purged', now) : undefined;
    });
  }

  /** Leaves nothing of the asset but its ids, and those for no longer than the table takes to remove them. */
  #close<TStatus extends ClosedAsset['status']>(
    caller: Caller,
    found: AssetRecord,
    status: TStatus,
    now: Date,
  ): Decision<Ended<TStatus>> {
    const { asset_id, tenant_id, env } = found.asset;
    const { outbox } = change(caller, found, `raw_asset_${status}`, now);
    return {
      answer: { asset_id, status },
      next: { asset: { asset_id, tenant_id, env, status }, outbox, ttl: epochSeconds(now) },
    };
  }

  /** @param decide undefined answers like an asset that does not exist */
  async #change<TAnswer>(
    { tenant_id, env }: Caller,
    asset_id: string,
    decide: (found: AssetRecord, now: Date) => Decision<TAnswer> | undefined,
  ): Promise<TAnswer> {
    const key: AssetKey = { tenant_id, env, asset_id };
    let found = await this.#assets.find(key);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const decision = found && decide(found, new Date());
      if (decision === undefined) throw new RawStorageError('asset_not_found');
      if (!('next' in decision)) return decision.answer;
      const outcome = await this.#assets.replace(found as AssetRecord, decision.next, decision.liveAt);
      if (outcome.written) return decision.answer;
      found = outcome.current;
    }
    throw new RawStorageError('unavailable', 'The asset was changed by other calls meanwhile');
  }
}

/** The record with the outbox entry of its next change. */
function change(caller: Caller, found: AssetRecord, type: EventType, now: Date): AssetRecord {
  return { ...found, outbox: outboxEntry(caller, type, found.outbox.sequence + 1, now) };
}
