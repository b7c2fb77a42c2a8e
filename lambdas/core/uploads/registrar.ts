import type { PresignedAsset, RawAsset } from '#contract/asset';
import { canonicalContentType } from '#contract/declared-content-type';
import type { RegisterRequest } from '#contract/uploads';
import { type AssetRecord, epochSeconds } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { objectKey } from '#core/assets/object-location';
import { RawStorageError } from '#core/errors';
import { type Caller, outboxEntry } from '#core/identity/caller';
import { type Claim, differences } from '#core/uploads/differences';
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
      bucket: found.asset.bucket,
      key: found.asset.key,
      ...proven,
      created_at: outbox.occurred_at,
      created_by: caller.user_id,
      metadata: request.metadata ?? {},
    };
    const registered = await this.#assets.register({ asset, outbox }, found.outbox, epochSeconds(now));
    if (registered.written) return asset;

    // Another call was faster, or the window passed meanwhile: what stands in the way is the answer.
    const { current } = registered;
    if (current?.asset.status === 'presigned') refuseExpired(current);
    return confirm(current, request);
  }

  /**
   * Describes the uploaded object, after comparing it with what was declared and is claimed now. Name, type and size, which
   * the store tells, are compared first, so that an object which differs anyway is not read to be hashed.
   */
  async #prove(declared: PresignedAsset, claimed: RegisterRequest): Promise<Proven> {
    const key = objectKey(declared);
    const object = await this.#objects.describe(key);
    if (object === undefined) throw new RawStorageError('not_uploaded');
    const told = {
      filename: declared.filename,
      content_type: canonicalContentType(object.contentType) ?? object.contentType,
      size_bytes: object.sizeBytes,
      ...(object.sha256 !== undefined && { sha256: object.sha256 }),
    };
    refuseMismatch(told, [declared, claimed]);
    const sha256 = object.sha256 ?? (await this.#hash(key, object));
    refuseMismatch({ sha256 }, [declared, claimed]);
    return {
      filename: told.filename,
      content_type: told.content_type,
      status: 'registered',
      size_bytes: told.size_bytes,
      sha256,
      version_id: object.versionId,
    };
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
  const fields = differences(found.asset, [request]);
  if (fields.length === 0) return found.asset;
  throw new RawStorageError('already_registered', 'Registered before with other values', { fields });
}

function refuseExpired({ purge_at = 0 }: AssetRecord): void {
  if (purge_at > epochSeconds(new Date())) return;
  throw new RawStorageError('upload_expired', 'The upload window has passed: presign again');
}

function refuseMismatch(proven: Claim, claims: readonly Claim[]): void {
  const fields = differences(proven, claims);
  if (fields.length > 0) throw new RawStorageError('upload_mismatch', undefined, { fields });
}
