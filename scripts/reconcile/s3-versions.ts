import { HeadObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Listed, Page, VersionPlace, Versions } from './stores.ts';

/** The versions of a bucket, or those of one tenant. */
export class S3Versions implements Versions {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, bucket: string, tenant: string | undefined) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = tenant === undefined ? '' : `tenants/${tenant}/`;
  }

  async page(from: VersionPlace | undefined): Promise<Page<Listed, VersionPlace>> {
    const {
      Versions = [],
      DeleteMarkers = [],
      ...page
    } = await this.#client.send(
      new ListObjectVersionsCommand({
        Bucket: this.#bucket,
        Prefix: this.#prefix,
        KeyMarker: from?.key,
        VersionIdMarker: from?.version_id,
      }),
    );
    const versions = Versions.map(({ Key = '', VersionId = '', Size = 0, LastModified }) => ({
      key: Key,
      version_id: VersionId,
      size_bytes: Size,
      last_modified: LastModified?.toISOString() ?? '',
    }));
    const markers = DeleteMarkers.map(({ Key = '', VersionId = '' }) => ({
      kind: 'marker' as const,
      key: Key,
      version_id: VersionId,
    }));
    const { IsTruncated, NextKeyMarker: key = '', NextVersionIdMarker: version_id } = page;
    return { items: [...versions, ...markers], next: IsTruncated ? { key, version_id } : undefined };
  }

  async has(key: string, versionId: string): Promise<boolean> {
    const head = new HeadObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: versionId });
    try {
      await this.#client.send(head);
      return true;
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
        return false;
      throw error;
    }
  }
}
