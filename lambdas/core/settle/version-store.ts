/** The versions of objects, for whoever may remove them. Every method throws `unavailable` when the store is out of reach. */
export interface VersionStore {
  /** The ids of a key's versions. */
  list(key: string): Promise<readonly string[]>;
  /** Removes one version for good; that it is gone already is no error. */
  remove(key: string, versionId: string): Promise<void>;
}
