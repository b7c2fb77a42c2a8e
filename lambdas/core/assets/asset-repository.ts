import type { OutboxEntry } from '#contract/events';
import type { AssetRecord, PresignedRecord } from '#core/assets/asset-record';

/** Names one asset; the tenant and env come from the caller's context only. */
export interface AssetKey {
  readonly tenant_id: string;
  readonly env: string;
  readonly asset_id: string;
}

/** The outcome of a conditional write. A refused write changes nothing. */
export type WriteOutcome =
  | { readonly written: true }
  | {
      readonly written: false;
      /** The record for which the condition did not hold; undefined where there was none. */
      readonly current: AssetRecord | undefined;
    };

/** Keeps assets, one conditional write a change. Every method throws `unavailable` when the store is out of reach. */
export interface AssetRepository {
  /** Reads its own writes. Returns presigned assets past `purge_at` too: the store's own clean-up is late. */
  find(key: AssetKey): Promise<AssetRecord | undefined>;

  /**
   * Adds a presigned asset where there is none, or only a presigned one whose `purge_at` is not after `now`.
   *
   * @param now epoch seconds
   */
  create(record: PresignedRecord, now: number): Promise<WriteOutcome>;

  /** Moves the window of a presigned asset whose outbox entry is still `record`'s: no event comes of it. */
  renew(record: PresignedRecord): Promise<WriteOutcome>;

  /**
   * Registers an asset that is still presigned, as `previous` left it, and whose `purge_at` is after `now`.
   *
   * @param now epoch seconds
   */
  register(record: AssetRecord, previous: OutboxEntry, now: number): Promise<WriteOutcome>;
}
