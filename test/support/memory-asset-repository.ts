import {
  type AssetItem,
  type AssetRecord,
  fromItem,
  type PresignedRecord,
  partitionKey,
  toItem,
} from '#core/assets/asset-record';
import type { AssetKey, AssetRepository, WriteOutcome } from '#core/assets/asset-repository';

/** Assets in memory: passes the contract suite of the real repository, so that tests of the service may use it. */
export class MemoryAssetRepository implements AssetRepository {
  readonly items = new Map<string, AssetItem>();

  async find(key: AssetKey): Promise<AssetRecord | undefined> {
    return this.#current(key);
  }

  async create(record: PresignedRecord): Promise<WriteOutcome> {
    return this.#put(record, (current) => {
      if (current === undefined) return true;
      const { asset, outbox } = current;
      const isClosed = asset.status === 'expired' || asset.status === 'purged';
      return isClosed && outbox.sequence < record.outbox.sequence;
    });
  }

  async renew(record: PresignedRecord): Promise<WriteOutcome> {
    const { asset, ttl } = record;
    return this.#change(record, 'presigned', (current) => ({
      ...current,
      asset: { ...(current.asset as PresignedRecord['asset']), upload_expires_at: asset.upload_expires_at },
      ...(ttl !== undefined && { ttl }),
    }));
  }

  async note(record: PresignedRecord, arrived: string): Promise<WriteOutcome> {
    return this.#change(record, 'presigned', (current) =>
      current.arrived === record.arrived ? { ...current, arrived } : undefined,
    );
  }

  async replace(previous: AssetRecord, next: AssetRecord, liveAt?: number): Promise<WriteOutcome> {
    return this.#change(previous, previous.asset.status, ({ ttl = 0 }) =>
      liveAt === undefined || ttl > liveAt ? next : undefined,
    );
  }

  #change(
    { asset, outbox }: AssetRecord,
    status: string,
    next: (current: AssetRecord) => AssetRecord | undefined,
  ): WriteOutcome {
    const current = this.#current(asset);
    const isSame = current?.asset.status === status && current.outbox.event_id === outbox.event_id;
    const changed = isSame ? next(current) : undefined;
    return changed ? this.#put(changed, () => true) : { written: false, current };
  }

  // Not async: a check and its write happen at once, as in one conditional write.
  #put(record: AssetRecord, condition: (current: AssetRecord | undefined) => boolean): WriteOutcome {
    const current = this.#current(record.asset);
    if (!condition(current)) return { written: false, current };
    this.items.set(partitionKey(record.asset), toItem(record));
    return { written: true };
  }

  #current(key: AssetKey): AssetRecord | undefined {
    const item = this.items.get(partitionKey(key));
    return item && fromItem(item);
  }
}
