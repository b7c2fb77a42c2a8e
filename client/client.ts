import type { DeletedAsset, RawAsset, RegisteredAsset } from '#contract/asset';
import type { DownloadResponse, ListResponse, WhoamiResponse } from '#contract/assets-api';
import { Api, type ClientOptions } from './api.ts';
import { toUpload, type UploadFile, type UploadValues } from './files.ts';
import { type UploadOptions, uploadFile } from './upload.ts';
import { type UploadAllOptions, type UploadItem, type UploadOutcome, uploadAll } from './upload-all.ts';

export interface ListOptions {
  /** @default registered */
  readonly status?: 'registered' | 'deleted';
  /** Exact, or `type/*`. */
  readonly contentType?: string;
  /** Inclusive. */
  readonly createdFrom?: Date | string;
  /** Exclusive. */
  readonly createdTo?: Date | string;
  readonly signal?: AbortSignal;
}

export interface DownloadOptions {
  /** Whether a browser shall save the file or show it. @default attachment */
  readonly disposition?: 'attachment' | 'inline';
  /** Seconds for which the URL is good, up to 900. @default 300 */
  readonly expires?: number;
}

/** Every method throws `NexusError`, after it has tried again what may be tried again. */
export interface Client {
  /** Hashes, presigns, posts and registers a file. */
  upload(file: UploadFile, options?: UploadValues & UploadOptions): Promise<RegisteredAsset>;
  /** Uploads many files, with a few calls for a hundred of them. */
  uploadAll<TItem extends UploadItem>(
    items: Iterable<TItem> | AsyncIterable<TItem>,
    options?: UploadAllOptions<TItem>,
  ): AsyncGenerator<UploadOutcome<TItem>, void, undefined>;
  get(assetId: string): Promise<RegisteredAsset>;
  /** Every asset, newest first, read page by page. */
  list(options?: ListOptions): AsyncGenerator<RawAsset, void, undefined>;
  /** A URL that anybody may GET until it expires. */
  download(assetId: string, options?: DownloadOptions): Promise<DownloadResponse>;
  /** Where the deployment keeps nothing that is deleted, the answer is only that it is gone. */
  delete(assetId: string): Promise<DeletedAsset | { readonly asset_id: string; readonly status: 'purged' }>;
  restore(assetId: string): Promise<RegisteredAsset>;
  /** Ends an upload that is not registered. */
  cancel(assetId: string): Promise<{ readonly asset_id: string; readonly status: 'expired' }>;
  /** Removes an asset and its bytes for good. */
  erase(assetId: string): Promise<{ readonly asset_id: string; readonly status: 'purged' }>;
  /** Whom the token stands for, and the limits of the deployment. */
  whoami(): Promise<WhoamiResponse>;
}

/** The most that a page holds. */
const PAGE = 100;

/** @throws TypeError for a `baseUrl` that is no URL */
export function createClient(options: ClientOptions): Client {
  const api = new Api(options);
  const on = (assetId: string) => `raw/${encodeURIComponent(assetId)}`;
  return {
    upload(file, { signal, onProgress, ...values } = {}) {
      const calls = {
        presign: (body: object) => api.call<never>('POST', 'raw/presign-upload', { body, signal }),
        register: (body: object) => api.call<never>('POST', 'raw/register', { body, signal }),
        cancel: (assetId: string, until: AbortSignal) => api.cancel(assetId, until),
        send: (work: () => Promise<void>) => work(),
        hash: (work: () => Promise<string>) => work(),
      };
      return Promise.resolve().then(() => uploadFile(toUpload(file, values), calls, { signal, onProgress }));
    },
    uploadAll: (items, given) => uploadAll(api, items, given),
    get: (assetId) => api.call('GET', on(assetId)),
    async *list({ status, contentType, createdFrom, createdTo, signal } = {}) {
      let cursor: string | undefined;
      do {
        const query = {
          limit: PAGE,
          cursor,
          status,
          content_type: contentType,
          created_from: toText(createdFrom),
          created_to: toText(createdTo),
        };
        const page: ListResponse = await api.call('GET', 'raw', { query, signal });
        yield* page.items;
        cursor = page.next_cursor;
      } while (cursor !== undefined);
    },
    download: (assetId, { disposition, expires } = {}) =>
      api.call('GET', `${on(assetId)}/download`, { query: { disposition, expires } }),
    delete: (assetId) => api.call('DELETE', on(assetId)),
    restore: (assetId) => api.call('POST', `${on(assetId)}/restore`),
    cancel: (assetId) => api.cancel(assetId),
    erase: (assetId) => api.call('POST', `${on(assetId)}/erase`),
    whoami: () => api.call('GET', 'whoami'),
  };
}

function toText(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}
