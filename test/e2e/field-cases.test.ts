import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { LOOPBACK_ORIGIN } from '../../local/http/origins.ts';
import { Client } from './client.ts';

// What failed in the field, each case named after its kind, with the public reports of it.

let cloud: Cloud;
let client: Client;
let token: string;

beforeAll(async () => {
  cloud = await startCloud({ settings: { allowedOrigins: [LOOPBACK_ORIGIN] } });
  client = await Client.for(cloud);
  token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
});
afterAll(() => cloud?.close());

const presign = async (body: object) => (await client.presign(body)).body as unknown as PresignResponse;

/** Uploads and registers. @returns the asset */
async function stored(body: object, bytes = 'abc') {
  const form = await presign(body);
  expect((await client.upload(form, bytes)).status).toBe(201);
  const { status, body: asset } = await client.register({ asset_id: form.asset_id });
  expect(status).toBe(200);
  return asset;
}

/** Posts text as it is, in whatever encoding. */
async function post(path: string, body: string | Buffer<ArrayBuffer>) {
  const response = await fetch(`${cloud.apiUrl}/nexus/raw/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, text: await response.text() };
}

describe('names, types and metadata', () => {
  test.each(['a$$b.csv', '~$draft.docx', 'price in $.txt'])(
    'a dollar sign in a name is escaped in the policy: %s (boto3#4514, aws-sdk-js-v3#3312)',
    async (filename) => {
      expect(await stored({ filename })).toMatchObject({ filename });
    },
  );

  test('a dollar sign in a content type is escaped in the policy (boto3#4514, aws-sdk-js-v3#3312)', async () => {
    const content_type = 'text/plain;note="$x"';
    expect(await stored({ filename: 'a', content_type })).toMatchObject({
      content_type: expect.stringContaining('$x'),
    });
  });

  test('a form without that escape is refused, as S3 refuses it (boto3#4514, aws-sdk-js-v3#3312)', async () => {
    const { awsUrl: endpoint, region, iam, names } = cloud;
    const s3 = new S3Client({ endpoint, region, credentials: iam.administrator, forcePathStyle: true });
    const form = await createPresignedPost(s3, { Bucket: names.bucket, Key: 'tenants/a$b' });
    const response = await client.upload(form as unknown as PresignResponse, 'abc');
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
    s3.destroy();
  });

  test.each([
    ['video/webm;codecs=vp8,opus', 'video/webm;codecs="vp8,opus"'],
    ['video/webm; codecs="vp8, opus"', 'video/webm;codecs="vp8, opus"'],
    ['Text/Plain ; charset=utf-8', 'text/plain;charset=utf-8'],
    ["text/plain;a*=utf-8''x", "text/plain;a*=utf-8''x"],
  ])(
    'a content type is taken in any form, and kept in one: %s (uppy#1988, #2740)',
    async (content_type, kept) => {
      expect(await stored({ filename: 'a', content_type })).toMatchObject({ content_type: kept });
    },
  );

  test('an empty content type counts as absent (s3_direct_upload#207)', async () => {
    expect((await presign({ filename: 'a.csv', content_type: '' })).content_type).toBe('text/csv');
  });

  test.each([
    ['a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.parquet', 'application/vnd.apache.parquet'],
    ['a.jsonl', 'application/jsonl'],
    ['a.tgz', 'application/gzip'],
    ['a.mkv', 'video/x-matroska'],
    ['a.ts', 'application/octet-stream'],
  ])(
    'a type that is not given follows from the extension: %s (mrmime#1, multer-s3#167)',
    async (filename, type) => {
      expect((await presign({ filename })).content_type).toBe(type);
    },
  );

  test('metadata is the same by the value of its numbers, and kept as it was written (jsoneditor#206, lodash#182)', async () => {
    const asset_id = await client.uploaded('n.txt', 'abc');
    const metadata = '{"a":-0.0,"price":1.0,"z":0.99999999999999999999}';
    const body = `{"asset_id":"${asset_id}","metadata":${metadata}}`;
    const first = await post('register', body);
    expect(first).toEqual({ status: 200, text: expect.stringContaining(`"metadata":${metadata}`) });
    expect(await post('register', body)).toEqual(first);
  });

  test('a body that is not UTF-8 is refused, and what is left of one in a name (powershellwrapper#12, palpo#78)', async () => {
    expect(await post('presign-upload', Buffer.from('{"filename":"caf\xe9.txt"}', 'latin1'))).toMatchObject({
      status: 400,
      text: expect.stringContaining('"invalid_json"'),
    });
    expect((await client.presign({ filename: 'caf\uFFFD.txt' })).status).toBe(422);
  });

  test.each(['ж'.repeat(128), '文'.repeat(90)])(
    'a name is as long as people write them, in any script: %s (seafile#1966)',
    async (filename) => {
      expect(await stored({ filename })).toMatchObject({ filename });
    },
  );

  test('bucket and key stand beside the uri, which no parser may read (aws-sdk-java-v2#3955)', async () => {
    const { bucket, key, uri } = await stored({ filename: 'a#b.csv' });
    expect(key).toMatch(/\/a#b\.csv$/);
    expect(uri).toBe(`s3://${bucket}/${key}`);
  });

  test('an id that is taken is told from one that is registered, and what differs is named (sinas#144)', async () => {
    const { asset_id } = await presign({ filename: 'a.txt' });
    const other = await client.presign({ asset_id, filename: 'a.txt', content_type: 'text/html' });
    expect(other).toMatchObject({
      status: 409,
      body: { code: 'asset_conflict', errors: [{ path: 'content_type', message: 'is "text/plain"' }] },
    });
    const registered = await stored({ filename: 'a.txt' });
    expect(await client.presign({ asset_id: registered['asset_id'], filename: 'a.txt' })).toMatchObject({
      status: 409,
      body: { code: 'already_registered' },
    });
  });

  test('a wrong value is shown, with what is wanted', async () => {
    const { text } = await post('presign-upload', '{"filename":"a","size_bytes":12.50}');
    expect(JSON.parse(text).errors).toEqual([
      { path: 'size_bytes', message: 'is not a whole number below 2^53: received 12.50' },
    ]);
  });
});

describe('on one machine', () => {
  const preflight = (url: string, origin: string, headers = 'authorization,content-type') =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });

  test.each(['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]:3000'])(
    'a page of this machine uploads: %s (Azurite#254, localstack#9780)',
    async (origin) => {
      const api = await preflight(`${cloud.apiUrl}/nexus/raw/presign-upload`, origin);
      expect(api.headers.get('access-control-allow-origin')).toBe(origin);
      const form = await presign({ filename: 'page.txt' });
      expect((await preflight(form.url, origin)).headers.get('access-control-allow-origin')).toBe(origin);
      const body = new FormData();
      for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
      body.append('file', new Blob(['abc']));
      const response = await fetch(form.url, { method: 'POST', body, headers: { origin } });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([201, origin]);
    },
  );

  test.each([
    'https://app.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example:80',
    'null',
  ])('a page of anywhere else does not: %s', async (origin) => {
    const api = await preflight(`${cloud.apiUrl}/nexus/raw/presign-upload`, origin);
    expect(api.headers.get('access-control-allow-origin')).toBeNull();
    const form = await presign({ filename: 'page.txt' });
    expect((await preflight(form.url, origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('tracing headers pass the preflight, and the request’s id is exposed (contentful.js#1381)', async () => {
    const origin = 'http://localhost:5173';
    const headers = 'authorization,traceparent,tracestate,x-request-id';
    const api = await preflight(`${cloud.apiUrl}/nexus/raw/presign-upload`, origin, headers);
    const allowed = api.headers.get('access-control-allow-headers') ?? '';
    for (const header of headers.split(',')) expect(allowed).toContain(header);
    const answer = await fetch(`${cloud.apiUrl}/nexus/whoami`, {
      headers: { origin, authorization: `Bearer ${token}` },
    });
    expect(answer.headers.get('access-control-expose-headers')).toContain('apigw-requestid');
  });

  test('a form with an Authorization header is refused, as S3 refuses it (ng-file-upload#382)', async () => {
    const form = await presign({ filename: 'a.txt' });
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append('file', new Blob(['abc']));
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(form.url, { method: 'POST', body, headers });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('InvalidArgument'),
    ]);
  });

  test('an event of one’s own on the local bus is kept (ministack, moto)', async () => {
    const { awsUrl: endpoint, region, iam, names } = cloud;
    const events = new EventBridgeClient({ endpoint, region, credentials: iam.administrator });
    const entry = { EventBusName: names.bus, Source: 'mine', DetailType: 'something', Detail: '{"a":1}' };
    const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [entry] }));
    expect(FailedEntryCount).toBe(0);
    const own = cloud.bus.events().filter(({ source }) => source === 'mine');
    expect(own).toMatchObject([{ 'detail-type': 'something', detail: { a: 1 } }]);
    events.destroy();
  });
});
