import { isDeepStrictEqual } from 'node:util';
import type { PresignedAsset, RawAsset } from '#contract/asset';
import type { ErrorCode, FieldError } from '#contract/errors';
import type { RegisterRequest } from '#contract/uploads';
import { type AssetRecord, epochSeconds } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { objectKey } from '#core/assets/object-location';
import { RawStorageError } from '#core/errors';
import { type Caller, outboxEntry } from '#core/identity/caller';
import type { ObjectStore, StoredObject } from '#core/uploads/object-store';

/** Turns an upload into an asset, once its bytes are proven to be what was declared. */
export class Registrar {
  readonly #assets: AssetRepository;
  readonly #objects: ObjectStore;
  readonly #maxHashBytes: number;

  /** @param maxHashBytes the largest object that is hashed here, where the store itself proves no SHA-256 */
  constructor(assets: AssetRepository, objects: ObjectStore, maxHashBytes: number) {
    this.#assets = assets;
    this.#objects = objects;
    this.#maxHashBytes = maxHashBytes;
  }

  /**
   * @returns the asset; the same one for every repeated call
   * @throws RawStorageError `asset_not_found`, `not_uploaded`, `already_registered`, `upload_expired`,
   *   `upload_mismatch`, `unavailable`
   */
  async register(caller: Caller, request: RegisterRequest): Promise<RawAsset> {
    const key = { tenant_id: caller.tenant_id, env: caller.env, asset_id: request.asset_id };
    const found = await this.#assets.find(key);
    if (found?.asset.status !== 'presigned') return confirm(found, request);
    refuseExpired(found);

    const proven = await this.#prove(found.asset, request);
    const now = new Date();
    const outbox = outboxEntry(caller, 'raw_asset_registered', found.outbox.sequence + 1, now);
    const asset: RawAsset = {
      asset_id: key.asset_id,
      tenant_id: key.tenant_id,
      env: key.env,
      uri: found.asset.uri,
      ...proven,
      created_at: outbox.occurred_at,
      created_by: caller.user_id,
      metadata: request.metadata ?? {},
    };
    if (await this.#assets.register({ asset, outbox }, found.outbox, epochSeconds(now))) return asset;

    // Another call was faster, or the window passed meanwhile; what the table holds now is the answer.
    const current = await this.#assets.find(key);
    if (current?.asset.status === 'presigned') refuseExpired(current);
    return confirm(current, request);
  }

  /** What there is of the object, once nothing that was declared or is claimed now differs from it. */
  async #prove(declared: PresignedAsset, { metadata: _, ...claimed }: RegisterRequest): Promise<Proven> {
    const key = objectKey(declared);
    const object = await this.#objects.describe(key);
    if (object === undefined) throw new RawStorageError('not_uploaded');
    const proven: Proven = {
      filename: declared.filename,
      content_type: object.contentType,
      status: 'registered',
      size_bytes: object.sizeBytes,
      sha256: object.sha256 ?? (await this.#hash(key, object)),
      version_id: object.versionId,
    };
    refuseDifferences('upload_mismatch', proven, [declared, claimed]);
    return proven;
  }

  async #hash(key: string, { versionId, sizeBytes }: StoredObject): Promise<string> {
    if (sizeBytes <= this.#maxHashBytes) return this.#objects.hash(key, versionId);
    const message = `is over ${this.#maxHashBytes}, and no sha256 was declared at presign to prove it by`;
    throw new RawStorageError('upload_mismatch', `The size of the object ${message}`, {
      fields: [{ path: 'size_bytes', message }],
    });
  }
}

type Proven = Pick<RawAsset, 'filename' | 'content_type' | 'status' | 'size_bytes' | 'sha256' | 'version_id'>;

function confirm(found: AssetRecord | undefined, request: RegisterRequest): RawAsset {
  if (found?.asset.status !== 'registered') throw new RawStorageError('asset_not_found');
  refuseDifferences('already_registered', found.asset, [request]);
  return found.asset;
}

function refuseExpired({ purge_at = 0 }: AssetRecord): void {
  if (purge_at > epochSeconds(new Date())) return;
  throw new RawStorageError('upload_expired', 'The upload window has passed: presign again');
}

const COMPARED = ['filename', 'content_type', 'size_bytes', 'sha256', 'metadata'] as const;

type Claim = { readonly [name in (typeof COMPARED)[number]]?: unknown };

/** Throws `code`, naming each field in which one of `claims` differs from what is there; absent fields claim nothing. */
function refuseDifferences(code: ErrorCode, actual: Claim, claims: readonly Claim[]): void {
  const fields: FieldError[] = [];
  for (const path of COMPARED) {
    const differs = (claim: Claim) =>
      claim[path] !== undefined && !isDeepStrictEqual(claim[path], actual[path]);
    if (!claims.some(differs)) continue;
    fields.push({ path, message: path === 'metadata' ? 'differs' : `is ${JSON.stringify(actual[path])}` });
  }
  if (fields.length > 0) throw new RawStorageError(code, undefined, { fields });
}
