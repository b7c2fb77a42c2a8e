/** The object's own metadata that holds the mark of its form. */
export const UPLOAD_MARK = 'upload';

/** One version of an object, as the store describes it. */
export interface StoredObject {
  readonly versionId: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Hex; absent where the store keeps no SHA-256 of the whole object. */
  readonly sha256: string | undefined;
  /** The mark of the form by which it came. */
  readonly upload: string | undefined;
}

/** Where the bytes lie. Every method that asks the store throws `unavailable` when it is out of reach. */
export interface ObjectStore {
  /** One version of the object, or its current one; undefined when it is not there. */
  describe(key: string, versionId?: string): Promise<StoredObject | undefined>;
  /** Reads one version whole and returns its SHA-256 in hex. */
  hash(key: string, versionId: string): Promise<string>;
}
