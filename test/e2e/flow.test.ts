import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { curlSession, TOKEN_BY_CURL } from '../../local/dev/banner.ts';
import type { ApiClient } from '../../scripts/api-client.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { eventsOf, sha256 } from './client.ts';
import { cloudOf, openTarget, type Target, testLocally } from './target.ts';

let target: Target;
let client: ApiClient;

beforeAll(async () => {
  target = await openTarget();
  client = await target.as('tenant');
});
afterAll(() => target?.close());

const file = readFileSync('package-lock.json');

/** Names of the embedded cloud, which a test knows beforehand. Of a deployed stack they are read from a form's `uri`. */
function expected({ uri }: PresignResponse) {
  if (target.cloud !== undefined)
    return { bucket: target.cloud.names.bucket, tenant: 't_demo', env: 'dev', user: 'tester' };
  const [, bucket, tenant, env] = /^s3:\/\/([^/]+)\/tenants\/([^/]+)\/([^/]+)\/raw\//.exec(uri) ?? [];
  return { bucket, tenant, env, user: expect.any(String) };
}

test('presign, post, register, get: the asset, and each event once', async () => {
  const declared = { filename: 'package-lock.json', size_bytes: file.length, sha256: sha256(file) };
  const presigned = await client.presign(declared);
  expect(presigned).toMatchObject({ status: 200, body: { method: 'POST', filename: 'package-lock.json' } });
  const form = presigned.body as unknown as PresignResponse;
  expect((await client.upload(form, file)).status).toBe(201);

  const { bucket, tenant, env, user } = expected(form);
  const metadata = { source: 'npm', nested: { n: 1e21, list: [null, ''] } };
  const registered = await client.register({ asset_id: form.asset_id, metadata });
  expect(registered).toEqual({
    status: 200,
    body: {
      asset_id: form.asset_id,
      tenant_id: tenant,
      env,
      uri: `s3://${bucket}/tenants/${tenant}/${env}/raw/${form.asset_id}/package-lock.json`,
      bucket,
      key: `tenants/${tenant}/${env}/raw/${form.asset_id}/package-lock.json`,
      filename: 'package-lock.json',
      content_type: 'application/json',
      status: 'registered',
      size_bytes: file.length,
      sha256: sha256(file),
      version_id: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      created_by: user,
      metadata,
    },
  });
  expect(await client.get(form.asset_id)).toEqual(registered);
  expect(await client.register({ asset_id: form.asset_id })).toEqual(registered);

  const { cloud } = target;
  if (cloud === undefined) return;
  await expect.poll(() => eventsOf(cloud, form.asset_id).length, { timeout: 10_000 }).toBe(2);
  const [first, second] = eventsOf(cloud, form.asset_id);
  expect(first).toMatchObject({
    event_type: 'raw_asset_presigned',
    asset: { status: 'presigned' },
  });
  expect(second).toMatchObject({ event_type: 'raw_asset_registered', user_id: 'tester' });
  expect(second?.sequence).toBe((first?.sequence ?? 0) + 1);
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
  const { cloud } = target;
  if (cloud === undefined) return;
  await expect
    .poll(() => eventsOf(cloud, asset_id).map(({ event_type }) => event_type), { timeout: 10_000 })
    .toEqual(['raw_asset_presigned', 'raw_asset_registered']);
});

testLocally('no event holds a form or a token', async () => {
  const cloud = cloudOf(target);
  const text = JSON.stringify(cloud.bus.events());
  const token = cloud.iam.credentialsOf('arn:aws:iam::000000000000:role/presign-upload-role').sessionToken;
  for (const secret of ['policy', 'signature', 'x-amz-', 'eyJ', 'asia', token]) {
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  }
});

testLocally.each([
  'with spaces & "quotes", it\'s; ünïcödé 100%.txt',
  '@-starts=oddly',
  '-dash',
  '~$draft $x.docx',
])('the printed curl lines upload %s', async (name) => {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, file);
  const lines = curlSession({ apiUrl: target.apiUrl, token: TOKEN_BY_CURL });
  const mark = 'echo ====';
  const script = [
    lines.setup,
    lines.describe,
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
});

testLocally('the printed curl lines say why they are refused', async () => {
  const path = join(temporaryDirectory(), 'reversed \u202e.txt');
  writeFileSync(path, file);
  const lines = curlSession({ apiUrl: target.apiUrl, token: TOKEN_BY_CURL });
  const { setup, describe, presign, post, register, get } = lines;
  const script = [setup, describe, presign, post, register, get];
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', script.join('\n')], {
    env: { PATH: process.env['PATH'], FILE: path },
  });
  const [presigned = '', posted, ...others] = stdout.trim().split('\n');
  expect(JSON.parse(presigned)).toMatchObject({ status: 422, code: 'invalid_request' });
  expect(posted).toBe('');
  const notFound = { status: 404, code: 'asset_not_found' };
  expect(others.map((text) => JSON.parse(text))).toMatchObject([notFound, notFound]);
  const [first, second, ...rest] = stderr.trim().split('\n');
  expect(first).toMatch(/^curl: \(22\) .*422$/);
  expect(second).toMatch(/^curl: .*URL/);
  for (const line of rest) expect(line).toMatch(/^curl: /);
});
