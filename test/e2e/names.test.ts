import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client, eventsOf, sha256 } from './client.ts';

let cloud: Cloud;
let client: Client;
let token: string;

beforeAll(async () => {
  cloud = await startCloud({ port: 0 });
  client = await Client.for(cloud);
  token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
});
afterAll(() => cloud?.close());

/** A call whose body and answer are what is on the wire. */
async function call(path: string, body?: string | Buffer): Promise<{ status: number; text: string }> {
  const response = await fetch(`${cloud.apiUrl}/nexus/raw${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }),
  });
  return { status: response.status, text: await response.text() };
}

test.each([
  ['a dollar sign twice', 'a$$b.csv', 'text/csv'],
  [
    'a draft of an office program',
    '~$draft.docx',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ],
  ['128 letters of Cyrillic', `${'я'.repeat(124)}.txt`, 'text/plain'],
  ['90 Chinese characters', `${'文'.repeat(82)}.parquet`, 'application/vnd.apache.parquet'],
  ['600 bytes beyond ASCII, with dollar signs', `${'🗂$'.repeat(119)}.ts`, 'application/octet-stream'],
  ['what a URI parser would cut', 'a#b?c%20d.jsonl', 'application/jsonl'],
])('a name of %s is uploaded, registered and told of', async (_what, filename, content_type) => {
  const asset_id = await client.uploaded(filename, 'bytes');
  const key = `tenants/t_demo/dev/raw/${asset_id}/${filename}`;
  const { bucket } = cloud.names;
  const { status, body } = await client.register({ asset_id, filename, content_type });
  expect(status).toBe(200);
  expect(body).toMatchObject({ filename, content_type, bucket, key, uri: `s3://${bucket}/${key}` });
  await expect.poll(() => eventsOf(cloud, asset_id).length, { timeout: 10_000 }).toBe(2);
  for (const { asset } of eventsOf(cloud, asset_id)) expect(asset).toMatchObject({ filename, bucket, key });
});

test.each([
  ['codecs as MediaRecorder has them', 'video/webm;codecs=vp8,opus', 'video/webm;codecs="vp8,opus"'],
  ['a quoted parameter', 'text/csv ; header="present, yes"', 'text/csv;header="present, yes"'],
  ['a star and quotes', "a/b;name*=UTF-8''x", "a/b;name*=UTF-8''x"],
  ['a dollar sign', 'a/b;c=$x', 'a/b;c=$x'],
  ['nothing at all', '', 'video/webm'],
])('a type of %s is one at presign, in S3 and at register', async (_what, content_type, canonical) => {
  const declared = { filename: 'a.webm', content_type, sha256: sha256('bytes') };
  const presigned = await client.presign(declared);
  const form = presigned.body as unknown as PresignResponse;
  expect([form.content_type, form.fields['Content-Type']]).toEqual([canonical, canonical]);
  const again = await client.presign({ ...declared, asset_id: form.asset_id });
  expect(again.status).toBe(200);
  expect((await client.upload(form, 'bytes')).status).toBe(201);
  const registered = await client.register({ asset_id: form.asset_id, content_type });
  expect(registered).toMatchObject({ status: 200, body: { content_type: canonical } });
});

test('numbers of metadata come back as they were written, everywhere', async () => {
  const asset_id = await client.uploaded('a.txt', 'bytes');
  const metadata =
    '{"a":-0.0,"price":1.0,"z":0.99999999999999999999,"id":18446744073709551615,"e":[1E5,0.10]}';
  const body = `{"asset_id":"${asset_id}","metadata":${metadata}}`;
  const first = await call('/register', body);
  expect(first).toEqual({ status: 200, text: expect.stringContaining(`"metadata":${metadata}`) });
  expect(await call('/register', body)).toEqual(first);
  expect(await call(`/${asset_id}`)).toEqual(first);
  await expect.poll(() => eventsOf(cloud, asset_id).length, { timeout: 10_000 }).toBe(2);
  expect(JSON.stringify(eventsOf(cloud, asset_id)[1]?.asset)).toBe(first.text);
});

test('a body that is not UTF-8 is no JSON; U+FFFD in a name is what is left of such a one', async () => {
  const latin1 = Buffer.from('{"filename":"caf\xe9.txt"}', 'latin1');
  expect(await call('/presign-upload', latin1)).toMatchObject({
    status: 400,
    text: expect.stringContaining('"code":"invalid_json"'),
  });
  expect(await call('/presign-upload', '{"filename":"caf\uFFFD.txt"}')).toMatchObject({
    status: 422,
    text: expect.stringContaining('U+FFFD'),
  });
});

test('a size says what was received and what is wanted', async () => {
  const { text } = await call('/presign-upload', '{"filename":"a","size_bytes":12.50}');
  const [error] = JSON.parse(text).errors;
  expect(error).toEqual({
    path: 'size_bytes',
    message: 'is not a whole number below 2^53: received 12.50',
  });
});
