import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { unavailableOr } from '#core/aws/sdk-errors';
import { RawStorageError } from '#core/errors';
import { type ObjectStore, type StoredObject, UPLOAD_MARK } from '#core/uploads/object-store';

/** Objects in one versioned S3 bucket. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #owner: string;

  /** @param owner the account that must own the bucket: one that was taken over by another is not written to */
  constructor(client: S3Client, bucket: string, owner: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#owner = owner;
  }

  get #at() {
    return { Bucket: this.#bucket, ExpectedBucketOwner: this.#owner };
  }

  async describe(key: string, versionId?: string): Promise<StoredObject | undefined> {
    try {
      const head = new HeadObjectCommand({
        ...this.#at,
        Key: key,
        VersionId: versionId,
        ChecksumMode: 'ENABLED',
      });
      return toStoredObject(await this.#client.send(head));
    } catch (error) {
      if (!(error instanceof S3ServiceException)) throw unavailableOr(error, 'The object store');
      const status = error.$metadata.httpStatusCode;
      if (status === 404) return undefined;
      // Without ListBucket S3 answers 403 both for a missing and for a denied object. An expired token is 400, and the answer
      // to HEAD has no body that would say so. The list of versions decides.
      const isUnclear = status === 403 || status === 400;
      if (isUnclear && !(await this.#isListed(key, versionId))) return undefined;
      throw isUnclear
        ? new RawStorageError('unavailable', 'The object store is not available', { cause: error })
        : unavailableOr(error, 'The object store');
    }
  }

  async hash(key: string, versionId: string): Promise<string> {
    const sha256 = createHash('sha256');
    try {
      const get = new GetObjectCommand({ ...this.#at, Key: key, VersionId: versionId });
      const { Body } = await this.#client.send(get);
      for await (const chunk of Body as Readable) sha256.update(chunk);
    } catch (error) {
      throw unavailableOr(error, 'The object store');
    }
    return sha256.digest('hex');
  }

  async #isListed(key: string, versionId: string | undefined): Promise<boolean> {
    try {
      const list = new ListObjectVersionsCommand({ ...this.#at, Prefix: key });
      const { Versions = [] } = await this.#client.send(list);
      return Versions.some(({ Key, VersionId }) => Key === key && VersionId === (versionId ?? VersionId));
    } catch (error) {
      throw new RawStorageError('unavailable', 'The object store is not available', { cause: error });
    }
  }
}

function toStoredObject(head: HeadObjectCommandOutput): StoredObject {
  const { VersionId, ContentLength, ContentType, ChecksumSHA256, ChecksumType, Metadata } = head;
  if (VersionId === undefined || ContentLength === undefined) throw new Error('the bucket is not versioned');
  const whole = ChecksumSHA256 !== undefined && ChecksumType !== 'COMPOSITE';
  return {
    versionId: VersionId,
    sizeBytes: ContentLength,
    contentType: ContentType ?? 'binary/octet-stream',
    sha256: whole ? Buffer.from(ChecksumSHA256, 'base64').toString('hex') : undefined,
    upload: Metadata?.[UPLOAD_MARK],
  };
}
