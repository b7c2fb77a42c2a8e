import type { RegisteredAsset } from '#contract/asset';
import type { PresignRequest, PresignResponse, RegisterRequest } from '#contract/uploads';
import { sha256Of } from '#sha256';
import { aborted, NexusError } from './errors.ts';
import type { Upload } from './files.ts';
import { postForm } from './form.ts';
import { type Progress, reporter } from './progress.ts';
import { retrying } from './retry.ts';

/** How the API is asked: one call each, or many in a batch. */
export interface UploadCalls {
  presign(request: PresignRequest, signal: AbortSignal | undefined): Promise<PresignResponse>;
  register(request: RegisterRequest, signal: AbortSignal | undefined): Promise<RegisteredAsset>;
  cancel(assetId: string, signal: AbortSignal): Promise<unknown>;
  /** Sends a file's bytes, now or when it is its turn. */
  send(work: () => Promise<void>): Promise<void>;
  /** Reads a file for its hash, now or when it is its turn. */
  hash(work: () => Promise<string>): Promise<string>;
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How often a form is asked for, at most, that has expired before the file was sent. */
const MAX_FORMS = 4;

/** How long it may take to cancel an upload that was aborted, in milliseconds: what is not cancelled expires. */
const CANCEL_MS = 5_000;

/** A form that is good for less than this, in milliseconds, is not begun with: the clock here may be behind. */
const MINIMUM_MS = 5_000;

/**
 * Uploads one file: hashes, presigns, posts and registers it. Each step may be repeated, since the asset has its id from the
 * beginning: an answer that is lost is asked for again.
 *
 * @throws NexusError
 */
export async function uploadFile(
  upload: Upload,
  calls: UploadCalls,
  { signal, onProgress }: UploadOptions,
): Promise<RegisteredAsset> {
  const { blob, assetId: asset_id, filename, contentType: content_type, metadata } = upload;
  const report = reporter(blob.size, onProgress);
  let opened = false;
  try {
    const sha256 = upload.sha256 ?? (await calls.hash(() => hash(upload, report, signal)));
    const request = {
      asset_id,
      filename,
      sha256,
      size_bytes: blob.size,
      ...(content_type !== undefined && { content_type }),
      ...(metadata !== undefined && { metadata }),
    };
    for (let forms = 1; ; forms++) {
      try {
        const form = await calls.presign(request, signal);
        opened = true;
        await calls.send(() => post(form, upload, report, signal));
      } catch (error) {
        if (isExpired(error) && forms < MAX_FORMS) continue;
        // Registered by an earlier attempt: register answers with the asset, if it has these values.
        if (!(error instanceof NexusError) || error.code !== 'already_registered') throw error;
      }
      report('registering', 0);
      try {
        const asset = await calls.register({ asset_id, filename, sha256, size_bytes: blob.size }, signal);
        report('registering', blob.size);
        return asset;
      } catch (error) {
        // The window has passed, or the upload was cancelled meanwhile: it begins again.
        if (!isAbsent(error) || forms === MAX_FORMS) throw error;
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    if (opened) await calls.cancel(asset_id, AbortSignal.timeout(CANCEL_MS)).catch(() => {});
    throw aborted(signal);
  }
}

/** What register is answered of an upload that is not there, or no more. */
const ABSENT = new Set(['asset_not_found', 'not_uploaded', 'upload_expired']);

export function isAbsent(error: unknown): boolean {
  return error instanceof NexusError && ABSENT.has(error.code);
}

/** S3 answers 403 to a form that has expired. */
function isExpired(error: unknown): boolean {
  return error instanceof NexusError && error.code === 'upload_refused' && error.status === 403;
}

type Report = ReturnType<typeof reporter>;

async function hash({ blob }: Upload, report: Report, signal: AbortSignal | undefined): Promise<string> {
  report('hashing', 0);
  try {
    return await sha256Of(blob, (loaded) => report('hashing', loaded), signal);
  } catch (cause) {
    if (cause instanceof NexusError) throw cause;
    throw new NexusError('unreadable_file', 'The file has changed, or cannot be read', { cause });
  }
}

async function post(
  form: PresignResponse,
  { blob }: Upload,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const expiresAt = Date.parse(form.expires_at);
  report('uploading', 0);
  await retrying(async () => {
    if (Date.now() > expiresAt - MINIMUM_MS)
      throw new NexusError('upload_refused', 'The form has expired', { status: 403 });
    await postForm(form, blob, (loaded) => report('uploading', loaded), signal);
  }, signal);
}
