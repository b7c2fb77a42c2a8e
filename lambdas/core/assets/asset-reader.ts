import type { RegisteredAsset } from '#contract/asset';
import type { AssetKey, AssetRepository } from '#core/assets/asset-repository';
import { RawStorageError } from '#core/errors';

/** Answers what is known of registered assets. */
export class AssetReader {
  readonly #assets: AssetRepository;

  constructor(assets: AssetRepository) {
    this.#assets = assets;
  }

  /**
   * @throws RawStorageError `asset_not_found` alike for an asset that is unknown, not registered, deleted, or another
   *   tenant's, so that the answer tells nothing of other tenants; `unavailable`
   */
  async get(key: AssetKey): Promise<RegisteredAsset> {
    const found = await this.#assets.find(key);
    if (found?.asset.status === 'registered') return found.asset;
    throw new RawStorageError('asset_not_found');
  }
}
