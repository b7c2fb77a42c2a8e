import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PresignRequest } from '#contract/uploads';
import type { PresignedRecord } from '#core/assets/asset-record';
import { Presigner } from '#core/uploads/presigner';
import { caller, closedRecord, deletedRecord, registeredRecord } from '../../../support/asset-records.ts';
import { MemoryAssetRepository } from '../../../support/memory-asset-repository.ts';
import { MemoryObjectStore } from '../../../support/memory-object-store.ts';

const asset_id = '0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11';
const sha256 = 'ab'.repeat(32);
const options = { bucket: 'memory', maxUploadBytes: 1000, maxHashBytes: 100, uploadExpirySeconds: 900 };

let assets: MemoryAssetRepository;
let objects: MemoryObjectStore;
let presigner: Presigner;

beforeEach(() => {
  assets = new MemoryAssetRepository();
  objects = new MemoryObjectStore();
  presigner = new Presigner(assets, objects, options);
});

describe('presign', () => {
  it('answers with a form for one key, and records what is to come', async () => {
    vi.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00.500Z'), toFake: ['Date'] });
    const request = { filename: 'a b.png', asset_id, size_bytes: 7, sha256 };
    const key = `tenants/t_acme/dev/raw/${asset_id}/a b.png`;
    expect(await presigner.presign(caller, request)).toEqual({
      asset_id,
      method: 'POST',
      url: 'https://memory.example',
      fields: { key, 'Content-Type': 'image/png' },
      filename: 'a b.png',
      content_type: 'image/png',
      uri: `s3://memory/${key}`,
      expires_at: '2030-01-01T00:15:00.500Z',
      expires: 900,
      max_size_bytes: 7,
    });
    vi.useRealTimers();
    expect(objects.forms).toEqual([
      {
        bucket: 'memory',
        key,
        contentType: 'image/png',
        minBytes: 7,
        maxBytes: 7,
        sha256,
        upload: expect.stringMatching(/^[0-9a-f-]{36}$/),
        expirySeconds: 900,
      },
    ]);
    const found = await assets.find({ ...caller, asset_id });
    expect(found?.asset).toEqual({
      asset_id,
      tenant_id: 't_acme',
      env: 'dev',
      uri: `s3://memory/${key}`,
      bucket: 'memory',
      key,
      filename: 'a b.png',
      content_type: 'image/png',
      status: 'presigned',
      size_bytes: 7,
      sha256,
      register: 'explicit',
      upload_expires_at: '2030-01-01T00:15:00.500Z',
    });
    expect(found?.ttl).toBe(Date.parse('2030-01-02T00:15:00Z') / 1000);
    expect(found?.upload).toBe(found?.outbox.event_id);
    expect(objects.forms[0]?.upload).toBe(found?.upload);
    expect(found?.outbox).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event_type: 'raw_asset_presigned',
      sequence: Date.parse('2030-01-01T00:00:00.500Z'),
      occurred_at: '2030-01-01T00:00:00.500Z',
      user_id: 'user-1',
      request_id: 'request-1',
      trace_id: caller.trace_id,
    });
  });

  it('names an asset by a random UUID of version 4', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 20; i++) ids.add((await presigner.presign(caller, { filename: 'a' })).asset_id);
    expect(ids.size).toBe(20);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each<[string, Omit<PresignRequest, 'filename'>, number, number]>([
    ['nothing declared: what register can hash', {}, 0, 100],
    ['a SHA-256: the service’s limit', { sha256 }, 0, 1000],
    ['a size: exactly that', { size_bytes: 100 }, 100, 100],
    ['an empty file', { size_bytes: 0 }, 0, 0],
    ['a size and a SHA-256: exactly that size', { size_bytes: 1000, sha256 }, 1000, 1000],
  ])('bounds the size by %s', async (_what, declared, minBytes, maxBytes) => {
    const { max_size_bytes } = await presigner.presign(caller, { filename: 'a', ...declared });
    expect(max_size_bytes).toBe(maxBytes);
    expect(objects.forms[0]).toMatchObject({ minBytes, maxBytes });
  });

  it.each<[string, Omit<PresignRequest, 'filename'>, string]>([
    ['over the limit', { size_bytes: 1001, sha256 }, 'is over the limit of 1000 bytes'],
    ['over both limits', { size_bytes: 1001 }, 'is over the limit of 100 bytes'],
    [
      'over what is hashed',
      { size_bytes: 101 },
      'is over the limit of 100 bytes unless its sha256 is declared',
    ],
  ])('refuses a size %s, and writes nothing', async (_what, declared, message) => {
    await expect(presigner.presign(caller, { filename: 'a', ...declared })).rejects.toMatchObject({
      code: 'file_too_large',
      fields: [{ path: 'size_bytes', message }],
    });
    expect(assets.items.size + objects.forms.length).toBe(0);
  });
});

describe('presign of an asset_id again', () => {
  const first = { filename: 'a.txt', asset_id, size_bytes: 3 };

  it('with the same values gives a fresh form and window, and no second event', async () => {
    const once = await presigner.presign(caller, first);
    const before = await assets.find({ ...caller, asset_id });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await presigner.presign({ ...caller, request_id: 'request-2' }, first);
    const after = await assets.find({ ...caller, asset_id });
    expect(again.expires_at > once.expires_at).toBe(true);
    expect(after?.asset).toMatchObject({ upload_expires_at: again.expires_at });
    expect(after?.outbox).toEqual(before?.outbox);
    expect(new Set(objects.forms.map(({ upload }) => upload)).size).toBe(1);
  });

  it.each<[string, Partial<PresignRequest>, string, string]>([
    ['another filename', { filename: 'b.txt' }, 'filename', 'is "a.txt"'],
    ['another type', { content_type: 'text/html' }, 'content_type', 'is "text/plain"'],
    ['another size', { size_bytes: 4 }, 'size_bytes', 'is 3'],
    ['a digest that was not declared before', { sha256 }, 'sha256', 'was not declared'],
    ['another way to register', { register: 'on_upload' }, 'register', 'is "explicit"'],
    ['metadata', { metadata: { a: 1 } }, 'metadata', 'was not declared'],
  ])('with %s is refused, and the field named', async (_what, change, path, message) => {
    await presigner.presign(caller, first);
    const before = await assets.find({ ...caller, asset_id });
    await expect(presigner.presign(caller, { ...first, ...change })).rejects.toMatchObject({
      code: 'asset_conflict',
      fields: [{ path, message }],
    });
    expect(await assets.find({ ...caller, asset_id })).toEqual(before);
  });

  it('with a value left out is refused: its form would take what the first one does not', async () => {
    await presigner.presign(caller, first);
    await expect(presigner.presign(caller, { filename: 'a.txt', asset_id })).rejects.toMatchObject({
      code: 'asset_conflict',
      fields: [{ path: 'size_bytes', message: 'is 3' }],
    });
  });

  const presigned = async () => {
    await presigner.presign(caller, first);
    return (await assets.find({ ...caller, asset_id })) as PresignedRecord;
  };

  const registered = async () => {
    const found = await presigned();
    const record = registeredRecord(found);
    await assets.replace(found, record);
    return record;
  };

  it.each<[string, PresignRequest]>([
    ['the same values', first],
    ['fewer values', { filename: 'a.txt', asset_id }],
    ['a digest that was proven since', { ...first, sha256 }],
  ])('once registered, with %s, is refused as registered', async (_what, request) => {
    await registered();
    await expect(presigner.presign(caller, request)).rejects.toMatchObject({
      code: 'already_registered',
      fields: undefined,
    });
  });

  it('once registered, with other values, is refused, and each named', async () => {
    await registered();
    const other = {
      asset_id,
      filename: 'b.txt',
      content_type: 'text/html',
      size_bytes: 4,
      sha256: '0'.repeat(64),
    };
    await expect(presigner.presign(caller, other)).rejects.toMatchObject({
      code: 'asset_conflict',
      fields: [
        { path: 'filename', message: 'is "a.txt"' },
        { path: 'content_type', message: 'is "text/plain"' },
        { path: 'size_bytes', message: 'is 3' },
        { path: 'sha256', message: `is "${sha256}"` },
      ],
    });
  });

  it('that another call registers meanwhile is refused as registered', async () => {
    await presigner.presign(caller, first);
    const renew = assets.renew.bind(assets);
    assets.renew = async (record) => {
      await assets.replace(record, registeredRecord(record));
      return renew(record);
    };
    await expect(presigner.presign(caller, first)).rejects.toMatchObject({ code: 'already_registered' });
  });

  it('that is gone meanwhile begins another life', async () => {
    await presigner.presign(caller, first);
    const renew = assets.renew.bind(assets);
    assets.renew = async (record) => {
      assets.items.clear();
      return renew(record);
    };
    const { fields } = await presigner.presign(caller, first);
    expect(fields).toBeDefined();
    expect(objects.forms[0]?.upload).not.toBe(objects.forms[1]?.upload);
  });

  it('that never stands still is answered for the client to ask again', async () => {
    await presigner.presign(caller, first);
    assets.renew = async () => ({ written: false, current: undefined });
    await expect(presigner.presign(caller, first)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('once deleted is refused, with whatever values', async () => {
    const record = await registered();
    await assets.replace(record, deletedRecord(record));
    for (const request of [first, { ...first, filename: 'b.txt' }])
      await expect(presigner.presign(caller, request)).rejects.toMatchObject({ code: 'asset_deleted' });
  });

  it.each(['expired', 'purged'] as const)(
    'once %s begins another life, with other values too',
    async (status) => {
      const before = await presigned();
      const closed = closedRecord(before, status);
      // A clock that is ahead numbered the life before.
      const outbox = { ...closed.outbox, sequence: Date.now() + 60_000 };
      await assets.replace(before, { ...closed, outbox });
      await presigner.presign(caller, { ...first, filename: 'b.txt' });
      const after = await assets.find({ ...caller, asset_id });
      expect(after).toMatchObject({ asset: { status: 'presigned', filename: 'b.txt' } });
      expect(after?.outbox.sequence).toBe(outbox.sequence + 1);
      expect(after?.upload).not.toBe(before.upload);
    },
  );

  it('under another tenant is another asset', async () => {
    await presigner.presign(caller, first);
    const other = await presigner.presign(
      { ...caller, tenant_id: 't_other' },
      { ...first, filename: 'b.txt' },
    );
    expect(other.uri).toBe(`s3://memory/tenants/t_other/dev/raw/${asset_id}/b.txt`);
  });

  it('after its window and a day is the same asset, until the table removes it', async () => {
    await presigner.presign(caller, first);
    vi.useFakeTimers({ now: Date.now() + (900 + 24 * 3600 + 1) * 1000, toFake: ['Date'] });
    await expect(presigner.presign(caller, { ...first, filename: 'b.txt' })).rejects.toMatchObject({
      code: 'asset_conflict',
    });
    await presigner.presign(caller, first);
    expect((await assets.find({ ...caller, asset_id }))?.ttl).toBeGreaterThan(Date.now() / 1000);
    vi.useRealTimers();
  });
});
