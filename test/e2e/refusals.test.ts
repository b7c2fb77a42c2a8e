import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '#contract/errors';
import type { PresignResponse } from '#contract/uploads';
import type { ApiClient } from '../../scripts/api-client.ts';
import { type Answer, Client, eventsOf } from './client.ts';
import { cloudOf, openTarget, type Target, testAs, testLocally } from './target.ts';

let target: Target;
let client: ApiClient;

beforeAll(async () => {
  target = await openTarget();
  client = await target.as('tenant');
});
afterAll(() => target?.close());

function expectProblem(answer: Answer, code: ErrorCode, errors?: readonly string[]): void {
  expect(answer.body).toMatchObject({ code, status: ERRORS[code].status, title: ERRORS[code].title });
  expect(answer.status).toBe(ERRORS[code].status);
  expect(answer.body['request_id']).toEqual(expect.any(String));
  const paths = (answer.body['errors'] as { path: string }[] | undefined)?.map(({ path }) => path);
  if (errors !== undefined) expect(paths).toEqual(errors);
}

const PRESIGN = '/nexus/raw/presign-upload';
const REGISTER = '/nexus/raw/register';
const BATCH_PRESIGN = '/nexus/raw/batch/presign-upload';
const BATCH_REGISTER = '/nexus/raw/batch/register';
const unknown = '00000000-0000-4000-8000-000000000000';
const bodies: Record<string, object> = {
  [PRESIGN]: { filename: 'a.txt' },
  [REGISTER]: { asset_id: unknown },
  [BATCH_PRESIGN]: { items: [{ filename: 'a.txt' }] },
  [BATCH_REGISTER]: { items: [{ asset_id: unknown }] },
};

test.each([
  ['no token', {}, 401, 'Unauthorized'],
  ['a token that is none', { authorization: 'Bearer x' }, 403, 'Forbidden'],
])('%s is refused by the gateway', async (_, headers, status, message) => {
  for (const path of [REGISTER, PRESIGN, BATCH_REGISTER, BATCH_PRESIGN]) {
    const response = await fetch(target.apiUrl + path, {
      method: 'POST',
      headers: headers as Record<string, string>,
    });
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  }
  expect(
    (await fetch(`${target.apiUrl}/nexus/raw/${unknown}`, { headers: headers as Record<string, string> }))
      .status,
  ).toBe(status);
});

testLocally.each([
  ['expired', { exp: 1 }],
  ['of another issuer', { iss: 'http://127.0.0.1:1' }],
  ['for another audience', { aud: 'other' }],
  ['of a malformed tenant', { tenant_id: 'T Demo' }],
  ['of an env that is none', { env: 'No where' }],
])('a token %s is refused by the gateway', async (_, claims) => {
  const answer = await (await Client.for(cloudOf(target), claims)).get(unknown);
  expect(answer).toEqual({ status: 403, body: { message: 'Forbidden' } });
});

test('another route is not found', async () => {
  expect(await client.send('GET', '/nexus')).toEqual({ status: 404, body: { message: 'Not Found' } });
  expect(await client.send('PUT', PRESIGN)).toEqual({ status: 404, body: { message: 'Not Found' } });
});

testAs('reader', 'no tenant').each([PRESIGN, REGISTER, BATCH_PRESIGN, BATCH_REGISTER])(
  '%s refuses what it refuses before it knows the asset',
  async (path) => {
    const body = bodies[path];
    const post = (init: object) => client.send('POST', path, { body, ...init });
    for (const text of ['', '{', 'nonsense', '{"a":1}}'])
      expectProblem(await post({ body: text }), 'invalid_json');
    for (const text of ['[]', '"text"', 'null', '{}'])
      expectProblem(await post({ body: text }), 'invalid_request');
    expectProblem(await post({ body: { ...body, surplus: 1 } }), 'invalid_request', ['surplus']);
    expectProblem(await post({ headers: { 'content-type': 'text/plain' } }), 'unsupported_media_type');
    expectProblem(await post({ headers: { 'x-tenant-id': 't_other' } }), 'tenant_mismatch');
    expectProblem(await post({ headers: { 'x-env': 'prod' } }), 'tenant_mismatch');

    const reader = await target.as('reader');
    expectProblem(await reader.send('POST', path, { body }), 'scope_missing');
    const nobody = await target.as('no tenant');
    expectProblem(await nobody.send('POST', path, { body }), 'tenant_missing');
  },
);

test('presign: every refused kind of filename, and other fields by name', async () => {
  const names = [
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\u0000b',
    'a\nb',
    '\u202egnp.exe',
    '${filename}',
    'é'.repeat(256),
    'caf\ufffd.txt',
    7,
    null,
  ];
  for (const filename of names)
    expectProblem(await client.presign({ filename }), 'invalid_request', ['filename']);
  // A lone surrogate has no UTF-8, but JSON can spell it.
  expectProblem(await client.presign('{"filename":"a\\ud800b"}'), 'invalid_request', ['filename']);
  const wrong = { filename: 'a', content_type: 'text', size_bytes: 1.5, sha256: 'abc', asset_id: '1' };
  const fields = ['content_type', 'size_bytes', 'sha256', 'asset_id'];
  expectProblem(await client.presign(wrong), 'invalid_request', fields);
});

test('presign: more than an upload may hold', async () => {
  const tooLarge = await client.presign({
    filename: 'a',
    size_bytes: 5 * 1024 ** 3 + 1,
    sha256: '0'.repeat(64),
  });
  expectProblem(tooLarge, 'file_too_large', ['size_bytes']);
  const undeclared = await client.presign({ filename: 'a', size_bytes: 256 * 1024 ** 2 + 1 });
  expectProblem(undeclared, 'file_too_large', ['size_bytes']);
});

test('presign: an asset id that is taken', async () => {
  const asset_id = await client.uploaded('taken.txt', 'taken');
  expectProblem(await client.presign({ asset_id, filename: 'other.txt' }), 'asset_conflict', [
    'filename',
    'sha256',
  ]);
  await client.register({ asset_id });
  expectProblem(await client.presign({ asset_id, filename: 'taken.txt' }), 'already_registered');
  expectProblem(await client.presign({ asset_id, filename: 'other.txt' }), 'asset_conflict', ['filename']);
});

testAs('other tenant')('register: an unknown asset, and another tenant’s alike', async () => {
  expectProblem(await client.register({ asset_id: unknown }), 'asset_not_found');
  const asset_id = await client.uploaded('mine.txt', 'mine');
  const other = await target.as('other tenant');
  expectProblem(await other.register({ asset_id }), 'asset_not_found');
  if (target.cloud === undefined) return;
  const prod = await Client.for(target.cloud, { env: 'prod' });
  expectProblem(await prod.register({ asset_id }), 'asset_not_found');
});

test('register: nothing uploaded yet', async () => {
  const { body } = await client.presign({ filename: 'a.txt' });
  expectProblem(await client.register({ asset_id: body['asset_id'] }), 'not_uploaded');
});

test('register: values that are not the object’s, each by name', async () => {
  const asset_id = await client.uploaded('a.txt', 'abc');
  const claim = {
    asset_id,
    filename: 'b.txt',
    content_type: 'text/csv',
    size_bytes: 4,
    sha256: '0'.repeat(64),
  };
  const fields = ['filename', 'content_type', 'size_bytes', 'sha256'];
  expectProblem(await client.register(claim), 'upload_mismatch', fields);
  expect((await client.register({ asset_id, size_bytes: 3 })).status).toBe(200);
});

test('register: again, with other values', async () => {
  const asset_id = await client.uploaded('a.txt', 'abc');
  await client.register({ asset_id, metadata: { a: 1 } });
  expect((await client.register({ asset_id, metadata: { a: 1 }, size_bytes: 3 })).status).toBe(200);
  const differing = { asset_id, metadata: { a: 2 }, size_bytes: 4 };
  expectProblem(await client.register(differing), 'already_registered', ['size_bytes', 'metadata']);
});

test('register: metadata that is too much', async () => {
  const asset_id = await client.uploaded('a.txt', 'abc');
  const deep = JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`);
  for (const metadata of [{ a: 'x'.repeat(16 * 1024) }, deep, [], 'text', null]) {
    expectProblem(await client.register({ asset_id, metadata }), 'invalid_request', ['metadata']);
  }
});

testLocally('register: once the window has passed', async () => {
  const cloud = cloudOf(target);
  const asset_id = await client.uploaded('late.txt', 'late');
  const table = new DynamoDBClient({
    endpoint: cloud.awsUrl,
    region: cloud.region,
    credentials: cloud.iam.administrator,
  });
  await table.send(
    new UpdateItemCommand({
      TableName: cloud.names.table,
      Key: { pk: { S: `t_demo#dev#${asset_id}` } },
      UpdateExpression: 'SET #ttl = :past',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':past': { N: String(Math.floor(Date.now() / 1000)) } },
    }),
  );
  table.destroy();
  expectProblem(await client.register({ asset_id }), 'upload_expired');
});

testAs('other tenant')('get: unknown, unregistered and another tenant’s are the same answer', async () => {
  const unregistered = await client.uploaded('a.txt', 'abc');
  const other = await target.as('other tenant');
  const theirs = await other.uploaded('a.txt', 'abc');
  await other.register({ asset_id: theirs });
  const answers = [];
  for (const id of [unknown, unregistered, theirs, 'no-uuid', 'a%2Fb']) {
    const answer = await client.get(id);
    expectProblem(answer, 'asset_not_found');
    answers.push(JSON.stringify({ ...answer, body: { ...answer.body, request_id: '' } }));
  }
  expect(new Set(answers).size).toBe(1);
});

testAs('writer', 'no tenant')('get: needs its own scope', async () => {
  expectProblem(await (await target.as('writer')).get(unknown), 'scope_missing');
  expectProblem(await (await target.as('no tenant')).get(unknown), 'tenant_missing');
  const answer = await client.send('GET', `/nexus/raw/${unknown}`, { headers: { 'x-tenant-id': 't_other' } });
  expectProblem(answer, 'tenant_mismatch');
});

test('a byte changed is refused by the store, and then it is not uploaded', async () => {
  const bytes = Buffer.from('these very bytes');
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const { body } = await client.presign({ filename: 'exact.bin', sha256: digest });
  const form = body as unknown as PresignResponse;
  const changed = Buffer.from('these very bytez');
  const refused = await client.upload(form, changed);
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('<Code>BadDigest</Code>'),
  ]);
  expectProblem(await client.register({ asset_id: form.asset_id }), 'not_uploaded');
  expect((await client.upload(form, bytes)).status).toBe(201);
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(200);
});

test('a form takes no other size, type or key', async () => {
  const { body } = await client.presign({ filename: 'exact.bin', size_bytes: 3 });
  const form = body as unknown as PresignResponse;
  const post = async (fields: Record<string, string>, bytes: string) => {
    const response = await client.upload({ ...form, fields: { ...form.fields, ...fields } }, bytes);
    return [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];
  };
  expect(await post({}, 'ab')).toEqual([400, 'EntityTooSmall']);
  expect(await post({}, 'abcd')).toEqual([400, 'EntityTooLarge']);
  expect(await post({ 'Content-Type': 'text/html' }, 'abc')).toEqual([403, 'AccessDenied']);
  expect(await post({ key: `${form.fields['key']}x` }, 'abc')).toEqual([403, 'AccessDenied']);
  expect(await post({ acl: 'public-read' }, 'abc')).toEqual([403, 'AccessDenied']);
  expectProblem(await client.register({ asset_id: form.asset_id }), 'not_uploaded');
});

testAs('reader')('what is refused writes nothing: no event tells of it', async () => {
  const asset_id = crypto.randomUUID();
  await client.presign({ asset_id, filename: 'a/b' });
  await client.send('POST', PRESIGN, {
    body: { asset_id, filename: 'a' },
    headers: { 'x-tenant-id': 't_other' },
  });
  await (await target.as('reader')).presign({ asset_id, filename: 'a' });
  expectProblem(await client.register({ asset_id }), 'asset_not_found');
  const { cloud } = target;
  if (cloud === undefined) return;
  const last = await client.uploaded('last.txt', 'last');
  await expect.poll(() => eventsOf(cloud, last).length, { timeout: 10_000 }).toBe(1);
  expect(eventsOf(cloud, asset_id)).toEqual([]);
});
