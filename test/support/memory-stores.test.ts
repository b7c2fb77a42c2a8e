import { describe } from 'vitest';
import { assetRepositoryContract } from './asset-repository-contract.ts';
import { MemoryAssetRepository } from './memory-asset-repository.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { objectStoreContract } from './object-store-contract.ts';

describe('the in-memory repository', () => {
  assetRepositoryContract(() => new MemoryAssetRepository());
});

describe('the in-memory object store', () => {
  const store = new MemoryObjectStore();
  objectStoreContract(
    () => store,
    async (form, bytes) => {
      store.put(
        form.key,
        bytes,
        form.contentType,
        form.sha256 === undefined ? undefined : { sha256: form.sha256 },
      );
    },
  );
});
