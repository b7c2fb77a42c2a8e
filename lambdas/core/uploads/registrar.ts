import type { PresignedAsset, RegisteredAsset } from '#contract/asset';
import { canonicalContentType } from '#contract/declared-content-type';
import { SERVICE_USER } from '#contract/outbox-entry';
import type { RegisterRequest } from '#contract/uploads';
import { type AssetRecord, epochSeconds, type PresignedRecord } from '#core/assets/asset-record';
import type { AssetRepository, WriteOutcome } from '#core/assets/asset-repository';
import { RawStorageError } from '#core/errors';
import { type Actor, type Caller, outboxEntry } from '#core/identity/caller';
import { type Claim, differences } from '#core/uploads/differences';
import { HashBudget } from '#core/uploads/hash-budget';
import type { ObjectStore, StoredObject } from '#core/uploads/object-store';

export interface RegisterOptions {
  /**
   * The call's, of which an object that must be hashed takes its size; where too little is left, the answer is `unavailable`.
   *
   * @default - enough for any object
   */
  readonly budget?: HashBudget;
  /** What `find` has begun for this request since the call came. @default - it is read now */
  readonly begun?: Promise<AssetRecord | undefined> | undefined;
}

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
   * Reads what `register` begins with. Those that are asked for together are read together.
   *
   * @throws RawStorageError `unavailable`
   */
  find({ tenant_id, env }: Caller, { asset_id }: RegisterRequest): Promise<AssetRecord | undefined> {
    return this.#assets.find({ tenant_id, env, asset_id });
  }

  /**
   * Registers what is uploaded, for a client.
   *
   * @returns the asset; the same one for every repeated call
   * @throws RawStorageError `asset_not_found`, `not_uploaded`, `already_registered`, `asset_deleted`, `upload_expired`,
   *   `upload_mismatch`, `unavailable`
   */
  async register(
    caller: Caller,
    request: RegisterRequest,
    { budget = this.#wholeBudget(), begun = this.find(caller, request) }: RegisterOptions = {},
  ): Promise<RegisteredAsset> {
    const found = await begun;
    if (!isPresigned(found)) return confirm(found, request);
    refuseExpired(found);
    const object = await this.#objects.describe(found.asset.key);
    // What carries another mark came by a form of another life of this id.
    if (object?.upload !== found.upload) throw new RawStorageError('not_uploaded');
    const registered = await this.#register(caller, found, object as StoredObject, budget, request);
    if (registered.written) return registered.asset;

    // Another call was faster, or the window passed meanwhile: what stands in the way is the answer.
    const { current } = registered;
    if (current?.asset.status === 'presigned') refuseExpired(current);
    return confirm(current, request);
  }

  /**
   * Registers a version that arrived, for whoever presigned it, however late the store says so. The service does so by
   * itself, which the event's `user_id` tells; its request and trace are presign's.
   *
   * @param object of this life
   * @returns whether it is written; not where the record is another by now
   * @throws RawStorageError `upload_mismatch`, `unavailable`
   */
  async registerArrived(record: PresignedRecord, object: StoredObject): Promise<boolean> {
    const actor = { ...record.outbox, user_id: SERVICE_USER };
    return (await this.#register(actor, record, object, this.#wholeBudget())).written;
  }

  #wholeBudget(): HashBudget {
    return new HashBudget(this.#maxHashBytes);
  }

  /** @param request of a client, for whom the window counts */
  async #register(
    actor: Actor,
    previous: PresignedRecord,
    object: StoredObject,
    budget: HashBudget,
    request?: RegisterRequest,
  ): Promise<WriteOutcome & { readonly asset: RegisteredAsset }> {
    const { metadata: claimed, ...claims } = request ?? {};
    const { content_type, sha256 } = await this.#prove(previous.asset, object, claims, budget);
    const now = new Date();
    const { asset_id, tenant_id, env, uri, bucket, key, filename, metadata = {} } = previous.asset;
    const outbox = outboxEntry(actor, 'raw_asset_registered', previous.outbox.sequence + 1, now);
    const asset: RegisteredAsset = {
      asset_id,
      tenant_id,
      env,
      uri,
      bucket,
      key,
      filename,
      content_type,
      status: 'registered',
      size_bytes: object.sizeBytes,
      sha256,
      version_id: object.versionId,
      created_at: outbox.occurred_at,
      created_by: request ? actor.user_id : previous.outbox.user_id,
      metadata: claimed ?? metadata,
    };
    const { upload } = previous;
    const next = { asset, outbox, ...(upload !== undefined && { upload }) };
    const outcome = await this.#assets.replace(previous, next, request && epochSeconds(now));
    return { ...outcome, asset };
  }

  /**
   * Compares the uploaded object with what was declared and is claimed now. Name, type and size, which the store tells, are
   * compared first, so that an object which differs anyway is not read to be hashed.
   */
  async #prove(
    declared: PresignedAsset,
    object: StoredObject,
    claimed: Claim,
    budget: HashBudget,
  ): Promise<Pick<RegisteredAsset, 'content_type' | 'sha256'>> {
    const content_type = canonicalContentType(object.contentType) ?? object.contentType;
    const told = {
      filename: declared.filename,
      content_type,
      size_bytes: object.sizeBytes,
      ...(object.sha256 !== undefined && { sha256: object.sha256 }),
    };
    refuseMismatch(told, [declared, claimed]);
    const sha256 = object.sha256 ?? (await this.#hash(declared.key, object, budget));
    refuseMismatch({ sha256 }, [declared, claimed]);
    return { content_type, sha256 };
  }

  async #hash(key: string, { versionId, sizeBytes }: StoredObject, budget: HashBudget): Promise<string> {
    if (budget.take(sizeBytes)) return this.#objects.hash(key, versionId);
    if (sizeBytes <= this.#maxHashBytes)
      throw new RawStorageError('unavailable', 'The call has hashed as much as it may');
    const message = `is over ${this.#maxHashBytes}, and no sha256 was declared at presign to prove it by`;
    throw new RawStorageError('upload_mismatch', `The size of the object ${message}`, {
      fields: [{ path: 'size_bytes', message }],
    });
  }
}

function isPresigned(record: AssetRecord | undefined): record is PresignedRecord {
  return record?.asset.status === 'presigned';
}

/** Answers from a record that is no longer presigned. */
function confirm(found: AssetRecord | undefined, request: RegisterRequest): RegisteredAsset {
  const asset = found?.asset;
  if (asset?.status === 'expired') throw expired();
  if (asset?.status === 'deleted') throw new RawStorageError('asset_deleted');
  if (asset?.status !== 'registered') throw new RawStorageError('asset_not_found');
  const fields = differences(asset, [request]);
  if (fields.length === 0) return asset;
  throw new RawStorageError('already_registered', 'Registered before with other values', { fields });
}

function refuseExpired({ ttl = 0 }: AssetRecord): void {
  if (ttl <= epochSeconds(new Date())) throw expired();
}

function expired(): RawStorageError {
  return new RawStorageError('upload_expired', 'The upload window has passed: presign again');
}

function refuseMismatch(proven: Claim, claims: readonly Claim[]): void {
  const fields = differences(proven, claims);
  if (fields.length > 0) throw new RawStorageError('upload_mismatch', undefined, { fields });
}
