/** A version of an object, as S3 lists it. */
export interface ListedVersion {
  readonly key: string;
  readonly version_id: string;
  readonly size_bytes: number;
  /** RFC 3339, UTC. */
  readonly last_modified: string;
}

/** Where the bucket and the table do not agree. */
export type Difference =
  /** No record stands for the version, and none ever will. */
  | ({ readonly kind: 'orphan' } & ListedVersion)
  /** A version under a key that no form of this service has. */
  | ({ readonly kind: 'foreign' } & ListedVersion)
  /** A delete marker, which the service never makes: it hides the versions below it from whoever names none. */
  | { readonly kind: 'marker'; readonly key: string; readonly version_id: string }
  /** The record of a registered or deleted asset whose version is not there. */
  | {
      readonly kind: 'missing';
      readonly tenant_id: string;
      readonly env: string;
      readonly asset_id: string;
      readonly key: string;
      readonly version_id: string;
    }
  /** An item of the table that is no record of an asset. */
  | { readonly kind: 'unreadable'; readonly pk: string };

export const KINDS = [
  'orphan',
  'foreign',
  'marker',
  'missing',
  'unreadable',
] as const satisfies readonly Difference['kind'][];

/** What was looked at, and what was found. */
export interface Tally {
  versions: number;
  /** Of the versions, those of uploads that are open: they are left to their life's end. */
  open: number;
  bytes: number;
  /** Records of registered and deleted assets. */
  records: number;
  orphanBytes: number;
  /** Orphans that `settle` was told of. */
  told: number;
  found: Record<Difference['kind'], number>;
}

export function emptyTally(): Tally {
  const found = { orphan: 0, foreign: 0, marker: 0, missing: 0, unreadable: 0 };
  return { versions: 0, open: 0, bytes: 0, records: 0, orphanBytes: 0, told: 0, found };
}

export function differences({ found }: Tally): number {
  return KINDS.reduce((sum, kind) => sum + found[kind], 0);
}

/** How many differences are left: an orphan that `settle` was told of is its matter. */
export function left(tally: Tally): number {
  return differences(tally) - tally.told;
}
