import type { AssetRecord } from '#core/assets/asset-record';
import type { AssetKey } from '#core/assets/asset-repository';
import type { Difference, ListedVersion } from './differences.ts';

/** A part of a walk. Its place is where the next part begins; at the end there is none. */
export interface Page<TItem, TPlace> {
  readonly items: readonly TItem[];
  readonly next: TPlace | undefined;
}

export interface VersionPlace {
  readonly key: string;
  readonly version_id: string | undefined;
}

export type Listed = ListedVersion | Extract<Difference, { kind: 'marker' }>;

/** An item of the table: the record that it is, or that it is none. */
export type Read = AssetRecord | Extract<Difference, { kind: 'unreadable' }>;

/** The bucket, as far as a reconciliation reads it. */
export interface Versions {
  /** Every version and delete marker, by key. */
  page(from: VersionPlace | undefined): Promise<Page<Listed, VersionPlace>>;
  has(key: string, versionId: string): Promise<boolean>;
}

/** The table, as far as a reconciliation reads it. */
export interface Records {
  /** Every record, in no order that means anything. */
  page(from: string | undefined): Promise<Page<Read, string>>;
  /** Reads consistently. An asset without a record is left out. */
  findAll(keys: readonly AssetKey[]): Promise<Read[]>;
}
