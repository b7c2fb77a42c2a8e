import { randomBytes, randomUUID } from 'node:crypto';
import { openAsBlob, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient, NexusError, type Progress } from '../../client/index.ts';
import { sha256 } from '../../scripts/api-client.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type Mishap, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => {
  world.meddle(() => undefined);
  world.calls.length = 0;
});
afterAll(() => world?.close());

const eventsOf = (id: string) =>
  world.cloud.bus.events().flatMap((event) => (event.detail['asset_id'] === id ? event['detail-type'] : []));

/** Meddles with the first requests to a path. */
function meddleWith(path: string, times: number, how: Mishap) {
  let left = times;
  world.meddle(({ url = '' }) => (url.startsWith(path) && left-- > 0 ? how : undefined));
}

test('a file from disk is uploaded, and is what was there', async () => {
  const path = join(temporaryDirectory(), 'a.bin');
  const bytes = randomBytes(300_000);
  writeFileSync(path, bytes);
  const asset = await world.client.upload(await openAsBlob(path), {
    filename: 'naïve 日本 "q".csv',
    metadata: { project: 'x' },
  });
  expect(asset).toMatchObject({
    filename: 'naïve 日本 "q".csv',
    content_type: 'text/csv',
    sha256: sha256(bytes),
    size_bytes: 300_000,
    metadata: { project: 'x' },
  });
  const { url } = await world.client.download(asset.asset_id);
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
  expect(world.calls.slice(0, 4).map((call) => call.split('?')[0])).toEqual([
    'POST /nexus/raw/presign-upload',
    'POST /raw-bucket',
    'POST /nexus/raw/register',
    `GET /nexus/raw/${asset.asset_id}/download`,
  ]);
});

test('a page’s file has its own name and type; bytes need a name', async () => {
  const file = new File(['{}'], 'a.json', { type: 'application/json' });
  expect(await world.client.upload(file)).toMatchObject({
    filename: 'a.json',
    content_type: 'application/json',
  });
  expect(await world.client.upload(new Uint8Array(), { filename: 'empty' })).toMatchObject({ size_bytes: 0 });
  await expect(world.client.upload(new Blob(['x']))).rejects.toMatchObject({
    code: 'invalid_request',
    message: 'The file has no name: give filename',
  });
});

test('its life: get, list, delete, restore, erase, whoami', async () => {
  const tenant = createClient({ baseUrl: world.url, token: () => world.token({ tenant_id: 't_life' }) });
  const assets = [];
  for (let index = 0; index < 3; index++)
    assets.push(await tenant.upload(new Blob([String(index)]), { filename: `${index}.txt` }));
  const [first] = assets;
  const id = first?.asset_id ?? '';
  const listed = async (options = {}) => {
    const names: string[] = [];
    for await (const { filename } of tenant.list(options)) names.push(filename);
    return names;
  };
  expect(await listed()).toEqual(['2.txt', '1.txt', '0.txt']);
  expect(await listed({ contentType: 'image/*' })).toEqual([]);
  expect(await listed({ createdTo: new Date(first?.created_at ?? '') })).toEqual([]);
  expect(await tenant.get(id)).toEqual(first);
  expect(await tenant.delete(id)).toMatchObject({ status: 'deleted' });
  await expect(tenant.get(id)).rejects.toMatchObject({
    code: 'asset_not_found',
    status: 404,
    retryable: false,
  });
  expect(await listed({ status: 'deleted' })).toEqual(['0.txt']);
  expect(await tenant.restore(id)).toEqual(first);
  expect(await tenant.erase(id)).toEqual({ asset_id: id, status: 'purged' });
  expect(await tenant.whoami()).toMatchObject({ tenant_id: 't_life' });
});

describe('what is lost on the way', () => {
  test.each([
    ['/nexus/raw/presign-upload', 'drop'],
    ['/nexus/raw/presign-upload', 'lose the answer'],
    ['/raw-bucket', 'drop'],
    ['/raw-bucket', 'lose the answer'],
    ['/nexus/raw/register', 'drop'],
    ['/nexus/raw/register', 'lose the answer'],
  ] as const)('%s: %s, and it is registered once all the same', async (path, how) => {
    meddleWith(path, 2, how);
    const { asset_id } = await world.client.upload(new Blob([path, how]), { filename: 'lost.txt' });
    await expect.poll(() => eventsOf(asset_id)).toEqual(['raw_asset_presigned', 'raw_asset_registered']);
  });

  test('an upload that was registered before is answered with its asset, and other bytes with a conflict', async () => {
    const assetId = randomUUID();
    const first = await world.client.upload(new Blob(['same']), { filename: 'a.txt', assetId });
    world.calls.length = 0;
    expect(await world.client.upload(new Blob(['same']), { filename: 'a.txt', assetId })).toEqual(first);
    expect(world.calls).not.toContain('POST /raw-bucket');
    await expect(
      world.client.upload(new Blob(['other']), { filename: 'a.txt', assetId }),
    ).rejects.toMatchObject({
      code: 'asset_conflict',
      fields: expect.arrayContaining([expect.objectContaining({ path: 'sha256' })]),
    });
  });

  test('a form that S3 refuses as expired is asked for again', async () => {
    let refused = 0;
    world.meddle(({ url = '' }, response) => {
      if (!url.startsWith('/raw-bucket') || refused > 0) return undefined;
      refused += 1;
      const body =
        '<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>';
      response.writeHead(403, { 'content-type': 'application/xml' }).end(body);
      return undefined;
    });
    await world.client.upload(new Blob(['again']), { filename: 'a.txt' });
    expect(world.calls.filter((call) => call.includes('presign'))).toHaveLength(2);
  });

  test('a refusal that will not change is told at once, in S3’s own words', async () => {
    world.meddle(({ url = '' }, response) => {
      if (url.startsWith('/raw-bucket'))
        response
          .writeHead(400)
          .end('<Error><Code>EntityTooLarge</Code><Message>Too large.</Message></Error>');
      return undefined;
    });
    await expect(world.client.upload(new Blob(['x']), { filename: 'a.txt' })).rejects.toMatchObject({
      code: 'upload_refused',
      status: 400,
      message: 'S3 refuses the upload: EntityTooLarge: Too large.',
      retryable: false,
    });
    expect(world.calls.filter((call) => call === 'POST /raw-bucket')).toHaveLength(1);
  });

  test('a throttle is waited out, as long as it asks', async () => {
    let left = 3;
    world.meddle(({ url = '' }, response) => {
      if (url.includes('presign') && left-- > 0)
        response.writeHead(429, { 'retry-after': '1' }).end('{"message":"Too Many Requests"}');
      return undefined;
    });
    const startedAt = performance.now();
    await world.client.upload(new Blob(['slow']), { filename: 'a.txt' });
    expect(performance.now() - startedAt).toBeGreaterThan(3000);
  });
});

describe('a token', () => {
  test('that is refused is asked for once more, and no more', async () => {
    const given: string[] = [];
    const tokens = ['no token', await world.token()];
    const token = () => {
      given.push(tokens[Math.min(given.length, tokens.length - 1)] ?? '');
      return given.at(-1) ?? '';
    };
    const client = createClient({ baseUrl: world.url, token });
    await client.upload(new Blob(['x']), { filename: 'a.txt' });
    expect(given).toHaveLength(2);
    const refused = createClient({ baseUrl: world.url, token: async () => 'never good' });
    await expect(refused.whoami()).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'The token is refused',
    });
    await expect(createClient({ baseUrl: world.url, token: 'bad' }).whoami()).rejects.toBeInstanceOf(
      NexusError,
    );
  });

  test('that lacks a scope is told by the service’s code', async () => {
    const client = createClient({ baseUrl: world.url, token: () => world.token({ scope: 'raw:read' }) });
    await expect(client.upload(new Blob(['x']), { filename: 'a.txt' })).rejects.toMatchObject({
      code: 'scope_missing',
      status: 403,
      requestId: expect.stringMatching(/./),
    });
  });
});

test('progress goes through its phases and never backwards, whatever is tried again', async () => {
  meddleWith('/raw-bucket', 2, 'lose the answer');
  const seen: Progress[] = [];
  const blob = new Blob([randomBytes(3_000_000)]);
  await world.client.upload(blob, { filename: 'a.bin', onProgress: (progress) => seen.push(progress) });
  const fractions = seen.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
  expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['hashing', 'uploading', 'registering']);
  expect(seen.filter(({ phase }) => phase === 'uploading').length).toBeGreaterThan(3);
  for (const { loaded, total } of seen) expect(loaded).toBeLessThanOrEqual(total);
});

describe('an abort', () => {
  test('ends the upload, and cancels what was opened', async () => {
    const stop = new AbortController();
    const assetId = randomUUID();
    world.meddle(({ url = '' }) => {
      if (url.startsWith('/raw-bucket')) stop.abort(new Error('enough'));
      return undefined;
    });
    const upload = world.client.upload(new Blob([randomBytes(100_000)]), {
      filename: 'a',
      assetId,
      signal: stop.signal,
    });
    await expect(upload).rejects.toMatchObject({
      code: 'aborted',
      cause: expect.objectContaining({ message: 'enough' }),
    });
    await expect.poll(() => eventsOf(assetId)).toEqual(['raw_asset_presigned', 'raw_asset_expired']);
  });

  test('before anything is done does nothing', async () => {
    const upload = world.client.upload(new Blob(['x']), { filename: 'a', signal: AbortSignal.abort() });
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    expect(world.calls).toEqual([]);
  });
});

test('a file that changes while it is read is told', async () => {
  const path = join(temporaryDirectory(), 'a.bin');
  writeFileSync(path, randomBytes(1000));
  const blob = await openAsBlob(path);
  writeFileSync(path, randomBytes(2000));
  await expect(world.client.upload(blob, { filename: 'a.bin' })).rejects.toMatchObject({
    code: 'unreadable_file',
  });
});
