import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseJson } from '#contract/json';
import type { RegisterRequest } from '#contract/uploads';
import { AssetReader } from '#core/assets/asset-reader';
import { type PresignedRecord, partitionKey } from '#core/assets/asset-record';
import { objectKey } from '#core/assets/object-location';
import type { StoredObject } from '#core/uploads/object-store';
import { Presigner } from '#core/uploads/presigner';
import { Registrar } from '#core/uploads/registrar';
import { caller, closedRecord, deletedRecord, registeredRecord } from '../../../support/asset-records.ts';
import { MemoryAssetRepository } from '../../../support/memory-asset-repository.ts';
import { MemoryObjectStore } from '../../../support/memory-object-store.ts';

const asset_id = '0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11';
const bytes = Buffer.from('hello');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const key = objectKey({ ...caller, asset_id, filename: 'a.txt' });

let assets: MemoryAssetRepository;
let objects: MemoryObjectStore;
let registrar: Registrar;

const presign = (declared = {}) =>
  new Presigner(assets, objects, {
    bucket: 'memory',
    maxUploadBytes: 1000,
    maxHashBytes: 100,
    uploadExpirySeconds: 900,
  }).presign(caller, { filename: 'a.txt', asset_id, ...declared });

const register = (request: Omit<RegisterRequest, 'asset_id'> = {}) =>
  registrar.register(caller, { asset_id, ...request });

const item = () => assets.items.get(partitionKey({ ...caller, asset_id }));

beforeEach(() => {
  assets = new MemoryAssetRepository();
  objects = new MemoryObjectStore();
  registrar = new Registrar(assets, objects, 100);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('register', () => {
  it('records the version that was proven, and the event', async () => {
    await presign({ sha256 });
    objects.put(key, bytes, 'text/plain', { sha256 });
    const asset = await register({ metadata: { a: 1 } });
    expect(asset).toEqual({
      asset_id,
      tenant_id: 't_acme',
      env: 'dev',
      uri: `s3://memory/${key}`,
      bucket: 'memory',
      key,
      filename: 'a.txt',
      content_type: 'text/plain',
      status: 'registered',
      size_bytes: 5,
      sha256,
      version_id: 'v0',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      created_by: 'user-1',
      metadata: { a: 1 },
    });
    expect(item()).toMatchObject({
      event_type: 'raw_asset_registered',
      sequence: expect.any(Number),
      occurred_at: asset.created_at,
    });
    expect(item()).not.toHaveProperty('ttl');
    expect(objects.hashed).toBe(0);
    expect(await new AssetReader(assets).get({ ...caller, asset_id })).toEqual(asset);
  });

  it('hashes what the store has no SHA-256 of', async () => {
    await presign();
    objects.put(key, bytes, 'text/plain');
    expect((await register()).sha256).toBe(sha256);
    expect(objects.hashed).toBe(1);
  });

  it('does not hash what is over its limit', async () => {
    await presign();
    objects.put(key, Buffer.alloc(101), 'text/plain');
    await expect(register()).rejects.toMatchObject({
      code: 'upload_mismatch',
      fields: [{ path: 'size_bytes' }],
    });
    expect(objects.hashed).toBe(0);
  });

  it.each<[string, object, Omit<RegisterRequest, 'asset_id'>, string[]]>([
    ['another size than declared', { size_bytes: 6 }, {}, ['size_bytes']],
    ['another type than declared', { content_type: 'text/html' }, {}, ['content_type']],
    ['another digest than declared', { sha256: 'ab'.repeat(32) }, {}, ['sha256']],
    ['another filename than given now', {}, { filename: 'b.txt' }, ['filename']],
    ['another size than given now', {}, { size_bytes: 6 }, ['size_bytes']],
    [
      'nothing of what is given now',
      {},
      { filename: 'b', content_type: 'a/b', size_bytes: 1 },
      ['filename', 'content_type', 'size_bytes'],
    ],
    ['another digest than given now', {}, { sha256: 'ab'.repeat(32) }, ['sha256']],
  ])('refuses an object of %s, and writes nothing', async (_what, declared, request, paths) => {
    await presign(declared);
    objects.put(key, bytes, 'text/plain');
    const before = item();
    const refusal = await register(request).catch((error) => error);
    expect(refusal.code).toBe('upload_mismatch');
    expect(refusal.fields.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(item()).toBe(before);
  });

  it.each<[string, object, Omit<RegisterRequest, 'asset_id'>]>([
    ['size', { size_bytes: 6 }, {}],
    ['type', { content_type: 'text/html' }, {}],
    ['size given now', {}, { size_bytes: 6, sha256 }],
    ['name given now', {}, { filename: 'b.txt' }],
  ])('reads no object that is of another %s anyway', async (_what, declared, request) => {
    await presign(declared);
    objects.put(key, bytes, 'text/plain');
    await expect(register(request)).rejects.toMatchObject({ code: 'upload_mismatch' });
    expect(objects.hashed).toBe(0);
  });

  it('names every field at once where the store knows the digest', async () => {
    await presign({ sha256 });
    objects.put(key, bytes, 'text/plain', { sha256 });
    await expect(register({ filename: 'b', size_bytes: 6, sha256: 'ab'.repeat(32) })).rejects.toMatchObject({
      fields: [{ path: 'filename' }, { path: 'size_bytes' }, { path: 'sha256' }],
    });
  });

  it('knows a content type by its canonical form, in which it is recorded', async () => {
    await presign({ content_type: 'text/plain;charset=utf-8' });
    objects.put(key, bytes, 'Text/Plain; charset="utf-8"');
    await expect(register()).resolves.toMatchObject({ content_type: 'text/plain;charset=utf-8' });
  });

  it('refuses an asset that is unknown or another tenant’s', async () => {
    await presign();
    objects.put(key, bytes, 'text/plain');
    const other = { ...caller, tenant_id: 't_other' };
    await expect(registrar.register(other, { asset_id })).rejects.toMatchObject({ code: 'asset_not_found' });
    await expect(registrar.register({ ...caller, env: 'prod' }, { asset_id })).rejects.toMatchObject({
      code: 'asset_not_found',
    });
  });

  it('refuses what came by a form of another life', async () => {
    await presign();
    const found = await assets.find({ ...caller, asset_id });
    objects.put(key, bytes, 'text/plain');
    assets.items.clear();
    await presign();
    await expect(register()).rejects.toMatchObject({ code: 'not_uploaded' });
    objects.put(key, bytes, 'text/plain');
    await register();
    expect((await assets.find({ ...caller, asset_id }))?.upload).not.toBe(found?.upload);
  });

  it('records the metadata of presign, unless the call has its own', async () => {
    await presign({ metadata: { from: 'presign' } });
    objects.put(key, bytes, 'text/plain');
    expect(await register()).toMatchObject({ metadata: { from: 'presign' } });
    await expect(register({ metadata: { from: 'register' } })).rejects.toMatchObject({
      code: 'already_registered',
    });
  });

  it.each([
    ['expired', 'upload_expired'],
    ['purged', 'asset_not_found'],
  ] as const)('refuses an asset that is %s: %s', async (status, code) => {
    await presign();
    const found = (await assets.find({ ...caller, asset_id })) as PresignedRecord;
    await assets.replace(found, closedRecord(found, status));
    await expect(register()).rejects.toMatchObject({ code });
  });

  it('refuses a deleted asset', async () => {
    await presign();
    const found = (await assets.find({ ...caller, asset_id })) as PresignedRecord;
    const record = registeredRecord(found);
    await assets.replace(found, record);
    await assets.replace(record, deletedRecord(record));
    await expect(register()).rejects.toMatchObject({ code: 'asset_deleted' });
  });

  it('refuses what is not uploaded yet', async () => {
    await presign();
    await expect(register()).rejects.toMatchObject({ code: 'not_uploaded' });
  });

  it('takes an upload until its ttl, and refuses it from then on', async () => {
    await presign();
    objects.put(key, bytes, 'text/plain');
    const due = Number(item()?.['ttl']) * 1000;
    vi.useFakeTimers({ now: due, toFake: ['Date'] });
    await expect(register()).rejects.toMatchObject({ code: 'upload_expired' });
    vi.setSystemTime(due - 1);
    await expect(register()).resolves.toMatchObject({ status: 'registered' });
  });

  it('sees that the window passed while it was at work', async () => {
    await presign();
    objects.put(key, bytes, 'text/plain');
    const due = Number(item()?.['ttl']) * 1000;
    vi.useFakeTimers({ now: due - 1, toFake: ['Date'] });
    const hash = objects.hash.bind(objects);
    objects.hash = (...version) => {
      vi.setSystemTime(due);
      return hash(...version);
    };
    await expect(register()).rejects.toMatchObject({ code: 'upload_expired' });
  });
});

describe('register again', () => {
  beforeEach(async () => {
    await presign();
    objects.put(key, bytes, 'text/plain');
  });

  it('answers the same, though a later upload is current', async () => {
    const metadata = { b: [1, { c: null }], a: 1 };
    const first = await register({ metadata });
    const before = item();
    objects.put(key, Buffer.from('other'), 'text/plain');
    expect(await register()).toEqual(first);
    expect(await register({ sha256, filename: 'a.txt', metadata: { a: 1, b: [1, { c: null }] } })).toEqual(
      first,
    );
    expect(item()).toBe(before);
  });

  it('with other values is refused, each named', async () => {
    await register({ metadata: { a: 1 } });
    await expect(register({ size_bytes: 6, metadata: {} })).rejects.toMatchObject({
      code: 'already_registered',
      fields: [
        { path: 'size_bytes', message: 'is 5' },
        { path: 'metadata', message: 'differs' },
      ],
    });
  });

  it('knows numbers by their decimal value, and answers them as they were written first', async () => {
    const metadata = (text: string) => ({ metadata: parseJson(text) as Record<string, unknown> });
    const written = '{"a":-0.0,"price":1.0,"z":0.99999999999999999999}';
    await register(metadata(written));
    const again = await register(metadata('{"z":0.99999999999999999999,"price":10e-1,"a":0}'));
    expect(JSON.stringify(again.metadata)).toBe(written);
    expect(await register(metadata(written))).toEqual(again);
    await expect(register(metadata('{"z":1,"price":1.0,"a":-0.0}'))).rejects.toMatchObject({
      code: 'already_registered',
      fields: [{ path: 'metadata', message: 'differs' }],
    });
  });

  it('50 times at once registers once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => register()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const sequences = new Set(answers.map(({ version_id }) => version_id));
    expect(sequences.size).toBe(1);
  });
});

describe('what arrived', () => {
  it('is registered by the service for whoever presigned it', async () => {
    await presign({ sha256, register: 'on_upload', metadata: { a: 1 } });
    const presigned = (await assets.find({ ...caller, asset_id })) as PresignedRecord;
    objects.put(key, bytes, 'text/plain', { sha256 });
    const object = await objects.describe(key);
    expect(await registrar.registerArrived(presigned, object as StoredObject)).toBe(true);
    const { request_id, trace_id } = caller;
    expect(item()).toMatchObject({
      event_type: 'raw_asset_registered',
      user_id: 'nexus-raw-storage',
      request_id,
      trace_id,
      created_by: 'user-1',
      metadata: '{"a":1}',
    });
    // Who comes second changes nothing.
    expect(await registrar.registerArrived(presigned, object as StoredObject)).toBe(false);
    expect(await register()).toMatchObject({ created_by: 'user-1', metadata: { a: 1 } });
  });
});
