import { randomUUID } from 'node:crypto';
import type { Asset, PresignedAsset } from '#contract/asset';
import type { FieldError } from '#contract/errors';
import type { PresignRequest, PresignResponse } from '#contract/uploads';
import { epochSeconds, type PresignedRecord } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { type ObjectLocation, objectLocation } from '#core/assets/object-location';
import { RawStorageError } from '#core/errors';
import { type Caller, outboxEntry } from '#core/identity/caller';
import { contentTypeOf } from '#core/uploads/content-type';
import { differences } from '#core/uploads/differences';
import type { FormSigner } from '#core/uploads/form-signer';

/** From the end of the form until the asset counts as gone: time to register what was uploaded last. */
const GRACE_SECONDS = 24 * 60 * 60;

export interface PresignerOptions {
  /** Where uploads go. */
  readonly bucket: string;
  readonly maxUploadBytes: number;
  /** The most that register hashes by itself: bounds an upload whose SHA-256 is not declared. */
  readonly maxHashBytes: number;
  readonly uploadExpirySeconds: number;
}

/** Opens uploads: records what is to come, and signs a form that lets nothing else in. */
export class Presigner {
  readonly #assets: AssetRepository;
  readonly #forms: FormSigner;
  readonly #options: PresignerOptions;

  constructor(assets: AssetRepository, forms: FormSigner, options: PresignerOptions) {
    this.#assets = assets;
    this.#forms = forms;
    this.#options = options;
  }

  /**
   * @returns a fresh form; for a repeated `asset_id` with the same values, for the same asset
   * @throws RawStorageError `file_too_large`, `asset_conflict`, `already_registered`, `unavailable`
   */
  async presign(caller: Caller, request: PresignRequest): Promise<PresignResponse> {
    const maxBytes = this.#maxBytes(request);
    const { asset_id = randomUUID(), filename } = request;
    const { tenant_id, env } = caller;
    const location = objectLocation(this.#options.bucket, { tenant_id, env, asset_id, filename });
    const record = this.#record(caller, { ...request, asset_id }, location);
    const { asset } = record;
    if (!(await this.#assets.create(record, epochSeconds(new Date(record.outbox.occurred_at)))))
      await this.#renew(record, request);
    const form = await this.#forms.signForm({
      bucket: location.bucket,
      key: location.key,
      contentType: asset.content_type,
      minBytes: asset.size_bytes ?? 0,
      maxBytes,
      sha256: asset.sha256,
      expirySeconds: this.#options.uploadExpirySeconds,
    });
    return {
      asset_id: asset.asset_id,
      method: 'POST',
      url: form.url,
      fields: form.fields,
      filename: asset.filename,
      content_type: asset.content_type,
      uri: asset.uri,
      expires_at: asset.upload_expires_at,
      expires: this.#options.uploadExpirySeconds,
      max_size_bytes: maxBytes,
    };
  }

  #maxBytes({ size_bytes, sha256 }: PresignRequest): number {
    const { maxUploadBytes, maxHashBytes } = this.#options;
    const limit = sha256 === undefined ? Math.min(maxUploadBytes, maxHashBytes) : maxUploadBytes;
    if (size_bytes === undefined || size_bytes <= limit) return size_bytes ?? limit;
    const hint = size_bytes <= maxUploadBytes ? ' unless its sha256 is declared' : '';
    const message = `is over the limit of ${limit} bytes${hint}`;
    throw new RawStorageError('file_too_large', `size_bytes ${message}`, {
      fields: [{ path: 'size_bytes', message }],
    });
  }

  #record(
    caller: Caller,
    request: PresignRequest & { readonly asset_id: string },
    { uri, bucket, key }: ObjectLocation,
  ): PresignedRecord {
    const now = new Date();
    const expires = new Date(now.getTime() + this.#options.uploadExpirySeconds * 1000);
    const { asset_id, filename, content_type = contentTypeOf(filename), size_bytes, sha256 } = request;
    return {
      asset: {
        asset_id,
        tenant_id: caller.tenant_id,
        env: caller.env,
        uri,
        bucket,
        key,
        filename,
        content_type,
        status: 'presigned',
        ...(size_bytes !== undefined && { size_bytes }),
        ...(sha256 !== undefined && { sha256 }),
        upload_expires_at: expires.toISOString(),
      },
      outbox: outboxEntry(caller, 'raw_asset_presigned', 1, now),
      purge_at: epochSeconds(expires) + GRACE_SECONDS,
    };
  }

  async #renew(record: PresignedRecord, request: PresignRequest): Promise<void> {
    const found = await this.#assets.find(record.asset);
    if (found !== undefined) refuseTaken(found.asset, record.asset, request);
    if (found !== undefined && (await this.#assets.renew({ ...record, outbox: found.outbox }))) return;
    throw new RawStorageError('unavailable', 'The asset was changed by another call meanwhile');
  }
}

/** @throws RawStorageError `asset_conflict` naming each field that differs, `already_registered` where none does */
function refuseTaken(found: Asset, asked: PresignedAsset, request: PresignRequest): void {
  const registered = found.status === 'registered';
  // Nothing that was proven since contradicts a request that did not speak of it.
  const fields = registered ? differences(found, [request]) : differencesOfForms(found, asked);
  if (fields.length > 0) {
    const detail = `This asset_id was ${found.status} with other values`;
    throw new RawStorageError('asset_conflict', detail, { fields });
  }
  if (registered) throw new RawStorageError('already_registered', 'This asset_id is registered: GET it');
}

/** Each field in which two forms differ: one that only one of them binds does too. */
function differencesOfForms(found: PresignedAsset, asked: PresignedAsset): FieldError[] {
  return (['filename', 'content_type', 'size_bytes', 'sha256'] as const)
    .filter((path) => found[path] !== asked[path])
    .map((path) => ({
      path,
      message: found[path] === undefined ? 'was not declared' : `is ${JSON.stringify(found[path])}`,
    }));
}
