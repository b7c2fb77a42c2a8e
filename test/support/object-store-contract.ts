import { createHash, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { UploadForm } from '#core/uploads/form-signer';
import type { ObjectStore } from '#core/uploads/object-store';

/** A form for the bucket of the store under test. */
type Form = Omit<UploadForm, 'bucket'>;

const hex = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What every object store does; `open` gives the store, `upload` sends bytes as the holder of a form would. */
export function objectStoreContract(
  open: () => ObjectStore,
  upload: (form: Form, bytes: Buffer) => Promise<void>,
): void {
  const form = (sha256?: string): Form => ({
    key: `tenants/t_acme/dev/raw/${randomUUID()}/a file, ünïcode & "quotes".txt`,
    contentType: 'text/plain; charset=utf-8',
    minBytes: 0,
    maxBytes: 1024,
    sha256,
    upload: 'life-1',
    expirySeconds: 60,
  });

  it('describes nothing where nothing is, nor where only a longer key is', async () => {
    const longer = form();
    await upload(longer, Buffer.from('x'));
    expect(await open().describe(form().key)).toBeUndefined();
    expect(await open().describe(longer.key.slice(0, -1))).toBeUndefined();
  });

  it('describes what was uploaded, with its SHA-256 where that was declared', async () => {
    const bytes = Buffer.from('hello');
    const declared = form(hex(bytes));
    const plain = form();
    await upload(declared, bytes);
    await upload(plain, bytes);
    const common = {
      versionId: expect.any(String),
      sizeBytes: 5,
      contentType: 'text/plain; charset=utf-8',
      upload: 'life-1',
    };
    expect(await open().describe(declared.key)).toEqual({ ...common, sha256: hex(bytes) });
    expect(await open().describe(plain.key)).toEqual({ ...common, sha256: undefined });
  });

  it('describes the version that it is told, and none that is not there', async () => {
    const twice = form();
    await upload(twice, Buffer.from('first'));
    const first = await open().describe(twice.key);
    await upload(twice, Buffer.from('another'));
    expect(await open().describe(twice.key, first?.versionId)).toEqual(first);
    expect(await open().describe(twice.key)).toMatchObject({ sizeBytes: 7 });
    expect(await open().describe(twice.key, 'none')).toBeUndefined();
  });

  it('hashes the version that it is told, not the current one', async () => {
    const twice = form();
    await upload(twice, Buffer.from('first'));
    const first = await open().describe(twice.key);
    await upload(twice, Buffer.from('second'));
    const second = await open().describe(twice.key);
    expect(await open().hash(twice.key, first?.versionId as string)).toBe(hex(Buffer.from('first')));
    expect(await open().hash(twice.key, second?.versionId as string)).toBe(hex(Buffer.from('second')));
  });

  it('refuses to hash a version that is not there', async () => {
    await expect(open().hash(form().key, 'none')).rejects.toThrow();
  });
}
