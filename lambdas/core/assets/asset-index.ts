/** A place in a list, newest first: `{created_at}#{asset_id}`. */
export type Position = string;

export interface IndexRow {
  /** The partition key of the asset's item. */
  readonly pk: string;
  readonly position: Position;
}

/** The part of a shard that a page reads. */
export interface IndexRange {
  /** The newest position, inclusive. */
  readonly to: Position;
  /** The oldest position, inclusive. */
  readonly from: Position;
  /** The rows to look at. */
  readonly limit: number;
  /** The content type, or with a `*` in the place of its subtype. */
  readonly contentType?: string | undefined;
}

export interface IndexPage {
  /** Newest first. */
  readonly rows: readonly IndexRow[];
  /** How far was looked; undefined where the range is at its end. */
  readonly end: Position | undefined;
}

/** The places of assets in their lists. */
export interface AssetIndex {
  /** Reads one shard. It may be a moment behind. @throws RawStorageError `unavailable` when the store is out of reach */
  read(partition: string, range: IndexRange): Promise<IndexPage>;
}
