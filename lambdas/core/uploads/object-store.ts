/** One version of an object, as the store describes it. */
export interface StoredObject {
  readonly versionId: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Hex; absent where the store keeps no SHA-256 of the whole object. */
  readonly sha256: string | undefined;
}

/** Where the bytes lie. Every method that asks the store throws `unavailable` when it is out of reach. */
export interface ObjectStore {
  /** The object's current version, or undefined when nothing is there. */
  describe(key: string): Promise<StoredObject | undefined>;
  /** Reads one version whole and returns its SHA-256 in hex. */
  hash(key: string, versionId: string): Promise<string>;
}
