import type * as v from 'valibot';
import type { ContentType } from '#core/asset';

/** What a form lets its holder upload: exactly this key and type, within these bounds, until it expires. */
export interface UploadForm {
  readonly key: string;
  readonly contentType: v.InferOutput<typeof ContentType>;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Hex; when given, the store refuses any other bytes. */
  readonly sha256: string | undefined;
  readonly expirySeconds: number;
}

/** A form for multipart/form-data: every field as it is, the file last. */
export interface SignedForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

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
  /** `s3://bucket/key` */
  uri(key: string): string;
  /** Signs a form; asks nobody. */
  signForm(form: UploadForm): Promise<SignedForm>;
  /** The object's current version, or undefined when nothing is there. */
  describe(key: string): Promise<StoredObject | undefined>;
  /** Reads one version whole and returns its SHA-256 in hex. */
  hash(key: string, versionId: string): Promise<string>;
}
