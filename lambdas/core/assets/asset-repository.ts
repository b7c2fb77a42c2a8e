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
  /**
   * Reads its own writes. Returns records past their `ttl` too: the store's own clean-up is late. Many that are asked for at once
   * cost few calls.
   */
  find(key: AssetKey): Promise<AssetRecord | undefined>;

  /** Begins a life: adds a presigned asset where there is none, or only a closed one of a lower `sequence`. */
  create(record: PresignedRecord): Promise<WriteOutcome>;

  /** Moves the window of a presigned asset whose outbox entry is still `record`'s: no event comes of it. */
  renew(record: PresignedRecord): Promise<WriteOutcome>;

  /**
   * Notes on a presigned asset which version arrived, where its outbox entry and note are still `record`'s: no event comes of it.
   *
   * @param arrived a version, or `*` for several
   */
  note(record: PresignedRecord, arrived: string): Promise<WriteOutcome>;

  /**
   * Puts a record in the place of another whose outbox entry is still there: the change that `next`'s outbox entry tells of.
   *
   * @param liveAt epoch seconds; where given, `previous` must not be due by then
   */
  replace(previous: AssetRecord, next: AssetRecord, liveAt?: number): Promise<WriteOutcome>;
}
