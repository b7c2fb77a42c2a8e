interface Version {
  readonly bucket: string;
  readonly key: string;
  /** Sorts as the versions were made; the rest of it is random. */
  readonly versionId: string;
  /** RFC 3339, UTC. */
  readonly lastModified: string;
}

/** What an upload says of its object. */
export interface ObjectDescription {
  readonly bucket: string;
  readonly key: string;
  /** HTTP headers to be answered with the object: Content-Type and the like, `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the upload declared a SHA-256, which is what makes S3 keep one. */
  readonly keepsSha256: boolean;
}

/** One version of an object, whole and on disk. */
export interface StoredVersion extends Version, ObjectDescription {
  readonly deleted?: never;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Base64. */
  readonly sha256: string;
}

/** Says that the object is deleted from here on, until there is a newer version. */
export interface DeleteMarker extends Version {
  readonly deleted: true;
}

export type ObjectVersion = StoredVersion | DeleteMarker;

/** Orders keys as S3 lists them: by the bytes of their UTF-8, which JavaScript's own order is not. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
