import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { curlSession, TOKEN_BY_CURL } from '../../local/dev/banner.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { Client, eventsOf, sha256 } from './client.ts';

let cloud: Cloud;
let client: Client;

beforeAll(async () => {
  cloud = await startCloud({ port: 0 });
  client = await Client.for(cloud, { sub: 'tester' });
});
afterAll(() => cloud?.close());

const file = readFileSync('package-lock.json');

test('presign, post, register, get: the asset, and each event once', async () => {
  const declared = { filename: 'package-lock.json', size_bytes: file.length, sha256: sha256(file) };
  const presigned = await client.presign(declared);
  expect(presigned).toMatchObject({ status: 200, body: { method: 'POST', filename: 'package-lock.json' } });
  const form = presigned.body as unknown as PresignResponse;
  expect((await client.upload(form, file)).status).toBe(201);

  const metadata = { source: 'npm', nested: { n: 1e21, list: [null, ''] } };
  const registered = await client.register({ asset_id: form.asset_id, metadata });
  expect(registered).toEqual({
    status: 200,
    body: {
      asset_id: form.asset_id,
      tenant_id: 't_demo',
      env: 'dev',
      uri: `s3://${cloud.names.bucket}/tenants/t_demo/dev/raw/${form.asset_id}/package-lock.json`,
      bucket: cloud.names.bucket,
      key: `tenants/t_demo/dev/raw/${form.asset_id}/package-lock.json`,
      filename: 'package-lock.json',
      content_type: 'application/json',
      status: 'registered',
      size_bytes: file.length,
      sha256: sha256(file),
      version_id: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      created_by: 'tester',
      metadata,
    },
  });
  expect(await client.get(form.asset_id)).toEqual(registered);
  expect(await client.register({ asset_id: form.asset_id })).toEqual(registered);

  await expect.poll(() => eventsOf(cloud, form.asset_id).length, { timeout: 10_000 }).toBe(2);
  const [first, second] = eventsOf(cloud, form.asset_id);
  expect(first).toMatchObject({
    event_type: 'raw_asset_presigned',
    sequence: 1,
    asset: { status: 'presigned' },
  });
  expect(second).toMatchObject({ event_type: 'raw_asset_registered', sequence: 2, user_id: 'tester' });
  expect(second?.asset).toEqual(registered.body);
});

test('without a declared SHA-256 it is computed from the version that is there', async () => {
  const presigned = await client.presign({ filename: 'notes.txt' });
  const form = presigned.body as unknown as PresignResponse;
  expect((await client.upload(form, 'some notes')).status).toBe(201);
  expect((await client.register({ asset_id: form.asset_id })).body).toMatchObject({
    sha256: sha256('some notes'),
    size_bytes: 10,
    content_type: 'text/plain',
  });
});

test('a repeated presign of a named asset is a fresh form and no second event', async () => {
  const asset_id = crypto.randomUUID();
  const values = { asset_id: asset_id.toUpperCase(), filename: 'again.bin', size_bytes: 3 };
  const [first, second] = [await client.presign(values), await client.presign(values)];
  expect([first.status, second.status, second.body['asset_id']]).toEqual([200, 200, asset_id]);
  const form = second.body as unknown as PresignResponse;
  expect((await client.upload(form, 'abc')).status).toBe(201);
  expect((await client.register({ asset_id })).status).toBe(200);
  await expect
    .poll(() => eventsOf(cloud, asset_id).map(({ sequence }) => sequence), { timeout: 10_000 })
    .toEqual([1, 2]);
});

test('no event holds a form or a token', async () => {
  const text = JSON.stringify(cloud.bus.events());
  const token = cloud.iam.credentialsOf('arn:aws:iam::000000000000:role/presign-upload-role').sessionToken;
  for (const secret of ['policy', 'signature', 'x-amz-', 'eyJ', 'asia', token]) {
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  }
});

test.each(['with spaces & "quotes", it\'s; ünïcödé 100%.txt', '@-starts=oddly', '-dash'])(
  'the printed curl lines upload %s',
  async (name) => {
    const path = join(temporaryDirectory(), name);
    writeFileSync(path, file);
    const lines = curlSession({ apiUrl: cloud.apiUrl, token: TOKEN_BY_CURL });
    const mark = 'echo ====';
    const script = [
      lines.setup,
      lines.presign,
      lines.post,
      mark,
      lines.register,
      mark,
      lines.get,
      mark,
      lines.events,
    ];
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', script.join('\n')], {
      env: { PATH: process.env['PATH'], FILE: path },
    });
    expect(stderr).toBe('');
    const [posted = '', registered = '', got = '', events = ''] = stdout.split('====');
    expect(posted).toContain('<PostResponse>');
    const asset = JSON.parse(registered);
    expect(asset).toMatchObject({ filename: basename(path), sha256: sha256(file), size_bytes: file.length });
    expect(JSON.parse(got)).toEqual(asset);
    expect(JSON.parse(events)).toBeInstanceOf(Array);
  },
);
