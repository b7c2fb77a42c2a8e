import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { create } from 'content-disposition';
import type { RegisteredAsset } from '#contract/asset';
import type { DownloadQuery, DownloadResponse } from '#contract/assets-api';

/** What proxies and libraries on a URL's way are known to take. */
const MAX_URL = 7000;

/** Signs URLs by which registered versions are downloaded. It asks nobody. */
export class Downloader {
  readonly #client: S3Client;
  readonly #credentialsEnd: Date;

  /** @param credentialsEnd when the credentials of `client` end, and with them every URL that they sign */
  constructor(client: S3Client, credentialsEnd: Date) {
    this.#client = client;
    this.#credentialsEnd = credentialsEnd;
  }

  async sign(asset: RegisteredAsset, { disposition, expires }: DownloadQuery): Promise<DownloadResponse> {
    const now = new Date();
    const left = Math.floor((this.#credentialsEnd.getTime() - now.getTime()) / 1000);
    const expiresIn = Math.min(expires, left);
    const sign = (fallback: boolean) => {
      const get = new GetObjectCommand({
        Bucket: asset.bucket,
        Key: asset.key,
        VersionId: asset.version_id,
        ResponseContentType: asset.content_type,
        ResponseContentDisposition: create(asset.filename, { type: disposition, fallback }),
      });
      return getSignedUrl(this.#client, get, { expiresIn, signingDate: now });
    };
    const full = await sign(true);
    const url = full.length <= MAX_URL ? full : await sign(false);
    return { url, expires_at: new Date(now.getTime() + expiresIn * 1000).toISOString() };
  }
}
