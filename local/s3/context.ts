import type { S3Authorization } from './authorization.ts';
import type { Target } from './target.ts';
import type { VersionStore } from './version-store.ts';

export interface Bucket {
  readonly name: string;
  /** Forms are taken by versioned buckets only. */
  readonly versioned: boolean;
}

/** What an operation that is allowed works on. */
export interface S3Context {
  readonly target: Target;
  readonly bucket: Bucket;
  readonly store: VersionStore;
  /** For what the answer says only to a signer who may do more. */
  readonly authorization: S3Authorization;
}
