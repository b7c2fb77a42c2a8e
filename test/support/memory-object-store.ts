import { createHash } from 'node:crypto';
import type { VersionStore } from '#core/settle/version-store';
import type { FormSigner, SignedForm, UploadForm } from '#core/uploads/form-signer';
import type { ObjectStore, StoredObject } from '#core/uploads/object-store';

/** Objects in memory: passes the contract suite of the real store, so that tests of the service may use it. */
export class MemoryObjectStore implements FormSigner, ObjectStore, VersionStore {
  readonly forms: UploadForm[] = [];
  /** How often an object was read whole. */
  hashed = 0;
  readonly #versions = new Map<string, { object: StoredObject; bytes: Buffer }[]>();
  /** How many versions each key has had: no id is given again. */
  readonly #counts = new Map<string, number>();

  async signForm(form: UploadForm): Promise<SignedForm> {
    this.forms.push(form);
    return { url: 'https://memory.example', fields: { key: form.key, 'Content-Type': form.contentType } };
  }

  /**
   * Puts a version by the last form of its key; its SHA-256 is known to the store only where the form declared it.
   *
   * @returns the version's id
   */
  put(
    key: string,
    bytes: Buffer,
    contentType: string,
    declared: { sha256?: string; upload?: string } = {},
  ): string {
    const form = this.forms.findLast((signed) => signed.key === key);
    const versions = this.#versions.get(key) ?? [];
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    const object = {
      versionId: `v${count}`,
      sizeBytes: bytes.length,
      contentType,
      sha256: declared.sha256,
      upload: declared.upload ?? form?.upload,
    };
    this.#versions.set(key, [...versions, { object, bytes }]);
    return object.versionId;
  }

  async describe(key: string, versionId?: string): Promise<StoredObject | undefined> {
    const objects = this.#versions.get(key)?.map(({ object }) => object);
    return versionId ? objects?.find((object) => object.versionId === versionId) : objects?.at(-1);
  }

  /** Every version that is there. */
  all(): readonly StoredObject[] {
    return [...this.#versions.values()].flatMap((versions) => versions.map(({ object }) => object));
  }

  async list(key: string): Promise<readonly string[]> {
    return (this.#versions.get(key) ?? []).map(({ object }) => object.versionId);
  }

  async remove(key: string, versionId: string): Promise<void> {
    const kept = (this.#versions.get(key) ?? []).filter(({ object }) => object.versionId !== versionId);
    this.#versions.set(key, kept);
  }

  async hash(key: string, versionId: string): Promise<string> {
    this.hashed += 1;
    const version = this.#versions.get(key)?.find(({ object }) => object.versionId === versionId);
    if (!version) throw new Error('no such version');
    return createHash('sha256').update(version.bytes).digest('hex');
  }
}
