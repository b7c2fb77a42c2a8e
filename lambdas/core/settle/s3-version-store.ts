import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { unavailableOr } from '#core/aws/sdk-errors';
import type { VersionStore } from '#core/settle/version-store';

/** S3 answers 204 for a version that is not there, and documents errors for it too: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const GONE = new Set(['NoSuchVersion', 'NoSuchKey']);

/** Versions in one S3 bucket. */
export class S3VersionStore implements VersionStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #owner: string;

  /** @param owner the account that must own the bucket */
  constructor(client: S3Client, bucket: string, owner: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#owner = owner;
  }

  async list(key: string): Promise<readonly string[]> {
    const ids: string[] = [];
    const at = { Bucket: this.#bucket, ExpectedBucketOwner: this.#owner, Prefix: key };
    let markers: Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'> | undefined = {};
    while (markers !== undefined) {
      const list: ListObjectVersionsCommand = new ListObjectVersionsCommand({ ...at, ...markers });
      const page: ListObjectVersionsCommandOutput = await this.#client.send(list).catch(fail);
      // Longer keys begin with the same text.
      for (const { Key, VersionId } of page.Versions ?? [])
        if (Key === key && VersionId !== undefined) ids.push(VersionId);
      markers = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
    }
    return ids;
  }

  async remove(key: string, versionId: string): Promise<void> {
    const remove = new DeleteObjectCommand({
      Bucket: this.#bucket,
      ExpectedBucketOwner: this.#owner,
      Key: key,
      VersionId: versionId,
    });
    await this.#client.send(remove).catch((error) => {
      if (!GONE.has(error.name)) fail(error);
    });
  }
}

function fail(error: unknown): never {
  throw unavailableOr(error, 'The object store');
}
