import { type AssetRecord, isRaw, type PresignedRecord, SEVERAL } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { RawStorageError } from '#core/errors';
import { isGarbage, isOpenAt } from '#core/settle/garbage';
import type { ArrivedVersion } from '#core/settle/object-created';
import type { VersionStore } from '#core/settle/version-store';
import type { ObjectStore } from '#core/uploads/object-store';
import type { Registrar } from '#core/uploads/registrar';
import { logUploads } from '#core/uploads/upload-log';

/** How often a record is read again that other calls change meanwhile. After that the message comes again. */
const MAX_ATTEMPTS = 5;

/** The images of a record of the table's stream that ends a life, or an asset. */
export interface EndedLife {
  readonly before: AssetRecord;
  /** Undefined where Time to Live removed the item. */
  readonly after: AssetRecord | undefined;
}

/**
 * Removes versions that can never be recorded again, and registers those that register themselves. All of it may run twice, late
 * and in any order: what it removes was marked by a fact that never turns false. docs/lifecycle.md says which.
 */
export class Settler {
  readonly #assets: AssetRepository;
  readonly #objects: ObjectStore;
  readonly #registrar: Registrar;
  readonly #versions: VersionStore;

  constructor(
    assets: AssetRepository,
    objects: ObjectStore,
    registrar: Registrar,
    /** By the only role that may remove versions. */
    versions: VersionStore,
  ) {
    this.#assets = assets;
    this.#objects = objects;
    this.#registrar = registrar;
    this.#versions = versions;
  }

  /**
   * Works off that a version arrived.
   *
   * @throws RawStorageError `unavailable`; `upload_mismatch` for an upload that registers itself and is not what was declared,
   *   which S3 does not let happen
   */
  async arrived({ asset: id, key, versionId }: ArrivedVersion): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#assets.find(id);
      if (isGarbage(found, key, versionId)) return this.#versions.remove(key, versionId);
      if (!isOpenAt(found, key)) return;
      if (found.asset.register === 'on_upload') {
        const object = await this.#objects.describe(key, versionId);
        if (object === undefined) return;
        if (object.upload === found.upload) {
          if (!(await this.#registrar.registerArrived(found, object))) continue;
          const { user_id, request_id } = found.outbox;
          return logUploads('asset registered', { ...id, user_id, request_id }, [id.asset_id]);
        }
      }
      if (found.arrived === versionId || found.arrived === SEVERAL) return;
      const note = found.arrived === undefined ? versionId : SEVERAL;
      if ((await this.#assets.note(found, note)).written) return;
    }
    throw changing();
  }

  /**
   * Removes what a life, or an asset, has left behind.
   *
   * @throws RawStorageError `unavailable`
   */
  async ended({ before, after }: EndedLife): Promise<void> {
    const { asset, arrived } = before;
    if (asset.status === 'presigned') {
      if (arrived === SEVERAL) await this.#removeSeveral(asset);
      else if (arrived !== undefined && isGarbage(after, asset.key, arrived))
        await this.#versions.remove(asset.key, arrived);
    } else if (isRaw(asset)) {
      await this.#versions.remove(asset.key, asset.version_id);
    }
  }

  /** Lists first, and reads then: all that was listed had landed by the time of that read. */
  async #removeSeveral(asset: PresignedRecord['asset']): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const listed = await this.#versions.list(asset.key);
      const found = await this.#assets.find(asset);
      if (isOpenAt(found, asset.key)) {
        // Another life is open: it takes the rest along.
        if (found.arrived === SEVERAL || (await this.#assets.note(found, SEVERAL)).written) return;
        continue;
      }
      for (const versionId of listed)
        if (isGarbage(found, asset.key, versionId)) await this.#versions.remove(asset.key, versionId);
      return;
    }
    throw changing();
  }
}

function changing(): RawStorageError {
  return new RawStorageError('unavailable', 'The asset was changed by other calls meanwhile');
}
