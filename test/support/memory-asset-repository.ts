import type { OutboxEntry } from '#contract/events';
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

  async create(record: PresignedRecord, now: number): Promise<WriteOutcome> {
    const current = this.#current(record.asset);
    if (current && (current.asset.status !== 'presigned' || (current.purge_at ?? 0) > now))
      return { written: false, current };
    return this.#put(record);
  }

  async renew(record: PresignedRecord): Promise<WriteOutcome> {
    const current = this.#current(record.asset);
    if (current?.asset.status !== 'presigned' || current.outbox.event_id !== record.outbox.event_id)
      return { written: false, current };
    return this.#put(record);
  }

  async register(record: AssetRecord, previous: OutboxEntry, now: number): Promise<WriteOutcome> {
    const current = this.#current(record.asset);
    const open = current?.asset.status === 'presigned' && (current.purge_at ?? 0) > now;
    if (!open || current.outbox.event_id !== previous.event_id) return { written: false, current };
    return this.#put(record);
  }

  // Not async: a check and its write happen at once, as in one conditional write.
  #current(key: AssetKey): AssetRecord | undefined {
    const item = this.items.get(partitionKey(key));
    return item && fromItem(item);
  }

  #put(record: AssetRecord): WriteOutcome {
    this.items.set(partitionKey(record.asset), toItem(record));
    return { written: true };
  }
}
