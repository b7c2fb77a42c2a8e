interface Version {
  readonly bucket: string;
  readonly key: string;
  /** Begins with a number by which ids sort in the order of their versions. The rest is random. */
  readonly versionId: string;
  /** RFC 3339, UTC. */
  readonly lastModified: string;
}

/** The description that an upload gives of its object. */
export interface ObjectDescription {
  readonly bucket: string;
  readonly key: string;
  /** The HTTP headers that are answered with the object: Content-Type and the like, and `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the upload declared a SHA-256, which is what makes S3 keep one. */
  readonly keepsSha256: boolean;
}

/** A version of an object, which is on disk as a whole. */
export interface StoredVersion extends Version, ObjectDescription {
  readonly deleted?: never;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Base64. */
  readonly sha256: string;
}

/** A version that has no content: while it is the newest one, the object is deleted. */
export interface DeleteMarker extends Version {
  readonly deleted: true;
}

export type ObjectVersion = StoredVersion | DeleteMarker;

/** Orders keys as S3 lists them: by the bytes of their UTF-8, which JavaScript's own order is not. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
