import { describe } from 'vitest';
import { assetRepositoryContract } from './asset-repository-contract.ts';
import { MemoryAssetRepository } from './memory-asset-repository.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { objectStoreContract } from './object-store-contract.ts';
import { versionStoreContract } from './version-store-contract.ts';

describe('the in-memory repository', () => {
  assetRepositoryContract(() => new MemoryAssetRepository());
});

describe('the in-memory object store', () => {
  const store = new MemoryObjectStore();
  objectStoreContract(
    () => store,
    async (form, bytes) => {
      const { upload, sha256 } = form;
      store.put(form.key, bytes, form.contentType, { upload, ...(sha256 !== undefined && { sha256 }) });
    },
  );
});

describe('the versions in memory', () => {
  const store = new MemoryObjectStore();
  versionStoreContract(
    () => store,
    async (key, text) => store.put(key, Buffer.from(text), 'text/plain'),
  );
});
