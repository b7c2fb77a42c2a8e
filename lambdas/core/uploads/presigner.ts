import { randomUUID } from 'node:crypto';
import type { Asset, PresignedAsset } from '#contract/asset';
import type { FieldError } from '#contract/errors';
import { isSameJson } from '#contract/json';
import type { PresignRequest, PresignResponse } from '#contract/uploads';
import { epochSeconds, type PresignedRecord } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { objectLocation } from '#core/assets/object-location';
import { RawStorageError } from '#core/errors';
import { type Caller, outboxEntry } from '#core/identity/caller';
import { contentTypeOf } from '#core/uploads/content-type';
import { differences } from '#core/uploads/differences';
import type { FormSigner } from '#core/uploads/form-signer';

/** From the end of the form until the asset counts as gone: time to register what was uploaded last. */
const GRACE_SECONDS = 24 * 60 * 60;

/** How often a life is tried to be opened while other calls change the asset. */
const MAX_ATTEMPTS = 4;

/** What makes two uploads of one id different. */
const DECLARED = ['filename', 'content_type', 'size_bytes', 'sha256', 'register', 'metadata'] as const;

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
   * @throws RawStorageError `file_too_large`, `asset_conflict`, `already_registered`, `asset_deleted`, `unavailable`
   */
  async presign(caller: Caller, request: PresignRequest): Promise<PresignResponse> {
    const maxBytes = this.#maxBytes(request);
    const { asset_id = randomUUID() } = request;
    const { asset, upload } = await this.#open(this.#record(caller, { ...request, asset_id }), request);
    const form = await this.#forms.signForm({
      bucket: asset.bucket,
      key: asset.key,
      contentType: asset.content_type,
      minBytes: asset.size_bytes ?? 0,
      maxBytes,
      sha256: asset.sha256,
      upload,
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

  /** Begins a life of the asset's id, or goes on with the one that is open. */
  async #open(record: OpenRecord, request: PresignRequest): Promise<OpenRecord> {
    let next = record;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const created = await this.#assets.create(next);
      if (created.written) return next;
      const { current } = created;
      if (current === undefined) continue;
      if (current.asset.status === 'presigned') {
        refuseOther(current.asset, record.asset);
        const { outbox } = current;
        const renewal = { ...record, outbox, upload: outbox.event_id };
        if ((await this.#assets.renew(renewal)).written) return renewal;
      } else {
        refuseTaken(current.asset, request);
        // A clock that is behind must not number this life below the one before it.
        const sequence = Math.max(next.outbox.sequence, current.outbox.sequence + 1);
        next = { ...next, outbox: { ...next.outbox, sequence } };
      }
    }
    throw new RawStorageError('unavailable', 'The asset was changed by other calls meanwhile');
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

  #record(caller: Caller, request: PresignRequest & { readonly asset_id: string }): OpenRecord {
    const now = new Date();
    const expires = new Date(now.getTime() + this.#options.uploadExpirySeconds * 1000);
    const { asset_id, filename, content_type = contentTypeOf(filename), size_bytes, sha256 } = request;
    const { register = 'explicit', metadata } = request;
    const named = { asset_id, tenant_id: caller.tenant_id, env: caller.env, filename };
    const outbox = outboxEntry(caller, 'raw_asset_presigned', now.getTime(), now);
    return {
      asset: {
        ...named,
        ...objectLocation(this.#options.bucket, named),
        content_type,
        status: 'presigned',
        ...(size_bytes !== undefined && { size_bytes }),
        ...(sha256 !== undefined && { sha256 }),
        register,
        ...(metadata !== undefined && { metadata }),
        upload_expires_at: expires.toISOString(),
      },
      outbox,
      upload: outbox.event_id,
      ttl: epochSeconds(expires) + GRACE_SECONDS,
    };
  }
}

/** The record of an open life, with the mark of its forms. */
type OpenRecord = PresignedRecord & { readonly upload: string };

/** @throws RawStorageError for an asset that is registered or deleted: a closed id may begin another life */
function refuseTaken(found: Exclude<Asset, PresignedAsset>, request: PresignRequest): void {
  if (found.status === 'deleted') {
    throw new RawStorageError('asset_deleted', 'This asset_id is deleted: restore it, or erase it first');
  }
  if (found.status !== 'registered') return;
  // Nothing that was proven since contradicts a request that did not speak of it.
  const { register: _, ...claims } = request;
  refuseConflict('registered', differences(found, [claims]));
  throw new RawStorageError('already_registered', 'This asset_id is registered: GET it');
}

/** @throws RawStorageError `asset_conflict` naming each field in which two uploads differ: one that only one declares does too */
function refuseOther(found: PresignedAsset, asked: PresignedAsset): void {
  const fields = DECLARED.filter((path) => !isSameJson(found[path] ?? null, asked[path] ?? null)).map(
    (path) => ({ path, message: describe(path, found[path]) }),
  );
  refuseConflict('presigned', fields);
}

function describe(path: string, value: unknown): string {
  if (value === undefined) return 'was not declared';
  return path === 'metadata' ? 'differs' : `is ${JSON.stringify(value)}`;
}

function refuseConflict(status: string, fields: readonly FieldError[]): void {
  if (fields.length === 0) return;
  const detail = `This asset_id was ${status} with other values`;
  throw new RawStorageError('asset_conflict', detail, { fields });
}
