import type { RegisteredAsset } from '#contract/asset';
import type { PresignRequest, PresignResponse } from '#contract/uploads';
import { sha256Of } from '#sha256';
import { Api, type ClientOptions } from './api.ts';
import { randomUuid } from './random-uuid.ts';

/** The part of a file of Uppy that is read: https://uppy.io/docs/uppy/#working-with-uppy-files */
interface UppyFile {
  readonly id: string;
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly data: unknown;
  readonly error?: string | null | undefined;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The part of Uppy that is used. */
interface Uppy {
  addPreProcessor(processor: (ids: string[]) => Promise<unknown>): void;
  addPostProcessor(processor: (ids: string[]) => Promise<unknown>): void;
  getFile(id: string): UppyFile | undefined;
  setFileMeta(id: string, meta: Record<string, unknown>): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  emit(event: any, ...args: any[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  on(event: any, listener: (file: any) => void): unknown;
}

/** What Uppy's plugin AwsS3 is told. */
export interface AwsS3Options {
  readonly shouldUseMultipart: false;
  readonly allowedMetaFields: false;
  generateObjectKey(file: { readonly id: string }): string;
  signRequest(request: { readonly method: string; readonly key: string }): Promise<{
    readonly url: string;
    readonly fields: Record<string, string>;
  }>;
}

/** What is to be uploaded, under the same `asset_id` however often it is tried. */
type Declared = PresignRequest & { readonly asset_id: string };

/**
 * Has an unmodified Uppy upload here: `uppy.use(AwsS3, nexusUploads(uppy, { baseUrl, token }))`. Each file is hashed before it is
 * sent, and registered afterwards; its `meta.asset` is the asset then. What is removed before that is cancelled.
 *
 * @throws TypeError for a `baseUrl` that is no URL
 */
export function nexusUploads(uppy: Uppy, options: ClientOptions): AwsS3Options {
  const api = new Api(options);
  /** By the files' ids, until they are registered. */
  const declared = new Map<string, Declared>();

  const fail = (file: UppyFile, error: unknown) => {
    uppy.emit('upload-error', file, error instanceof Error ? error : new Error(String(error)));
  };

  uppy.addPreProcessor(async (ids) => {
    for (const id of ids) {
      const file = uppy.getFile(id);
      if (file === undefined || declared.has(id)) continue;
      const tell = (value: number) =>
        uppy.emit('preprocess-progress', file, { mode: 'determinate', message: 'Hashing', value });
      try {
        tell(0);
        declared.set(id, await declare(file, tell));
      } catch (error) {
        fail(file, error);
      }
      uppy.emit('preprocess-complete', file);
    }
  });

  uppy.addPostProcessor(async (ids) => {
    await Promise.all(
      ids.map(async (id) => {
        const file = uppy.getFile(id);
        const request = declared.get(id);
        if (file === undefined || request === undefined || file.error) return;
        uppy.emit('postprocess-progress', file, { mode: 'indeterminate', message: 'Registering' });
        try {
          const { asset_id, filename, sha256 } = request;
          const body = { asset_id, filename, sha256 };
          const asset = await api.call<RegisteredAsset>('POST', 'raw/register', { body });
          declared.delete(id);
          uppy.setFileMeta(id, { asset });
        } catch (error) {
          fail(file, error);
        }
        uppy.emit('postprocess-complete', file);
      }),
    );
  });

  uppy.on('file-removed', ({ id }: UppyFile) => {
    const { asset_id } = declared.get(id) ?? {};
    declared.delete(id);
    if (asset_id !== undefined) api.cancel(asset_id).catch(() => {});
  });

  return {
    shouldUseMultipart: false,
    allowedMetaFields: false,
    // The service makes the key: this one says which file is meant.
    generateObjectKey: ({ id }) => id,
    async signRequest({ key }) {
      const body = declared.get(key);
      if (body === undefined) throw new Error('The file could not be hashed');
      const { url, fields } = await api.call<PresignResponse>('POST', 'raw/presign-upload', { body });
      return { url, fields };
    },
  };
}

async function declare(file: UppyFile, tell: (share: number) => void): Promise<Declared> {
  const { data, name, type, meta } = file;
  if (!(data instanceof Blob)) throw new Error('Only files of this device can be uploaded');
  const sha256 = await sha256Of(data, (loaded) => tell(data.size === 0 ? 1 : loaded / data.size), undefined);
  const { relativePath } = meta;
  return {
    asset_id: randomUuid(),
    filename: name ?? 'file',
    size_bytes: data.size,
    sha256,
    ...(type && { content_type: type }),
    ...(typeof relativePath === 'string' && { metadata: { path: relativePath } }),
  };
}
