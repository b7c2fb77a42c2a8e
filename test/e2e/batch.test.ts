import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  BatchPresignRequest,
  BatchPresignResponse,
  BatchRegisterRequest,
  BatchRegisterResponse,
  Outcome,
} from '#contract/batch';
import { MAX_BATCH_BYTES } from '#contract/batch';
import type { FieldError, Problem } from '#contract/errors';
import type { PresignResponse } from '#contract/uploads';
import { startCloud } from '../../local/cloud.ts';
import type { ApiClient } from '../../scripts/api-client.ts';
import { Client, eventsOf, sha256 } from './client.ts';
import { openTarget, type Target, testAs, testLocally } from './target.ts';

let target: Target;
let client: ApiClient;

beforeAll(async () => {
  target = await openTarget();
  client = await target.as('tenant');
});
afterAll(() => target?.close());

async function outcomesOf<TAnswer>(path: string, items: readonly unknown[], by = client): Promise<TAnswer> {
  const { status, body } = await by.send('POST', `/nexus/raw/batch/${path}`, { body: { items } });
  expect([status, Object.keys(body)]).toEqual([200, ['items']]);
  return body['items'] as TAnswer;
}
const presign = (items: readonly unknown[], by = client) =>
  outcomesOf<BatchPresignResponse['items']>('presign-upload', items, by);
const register = (items: readonly unknown[], by = client) =>
  outcomesOf<BatchRegisterResponse['items']>('register', items, by);

/** Each item's status, or the code of its problem with the fields that it names. */
const told = (outcomes: readonly Outcome<object>[]) =>
  outcomes.map(({ status, body }) => {
    const { code, errors } = body as Partial<Problem>;
    if (code === undefined) return status;
    return errors === undefined ? code : `${code}: ${errors.map(({ path }) => path).join()}`;
  });

/** Presigns by a batch and posts each file's text; the assets' ids. */
async function uploaded(texts: readonly string[]): Promise<string[]> {
  const forms = await presign(texts.map((text) => ({ filename: 'a.txt', sha256: sha256(text) })));
  const ids = forms.map(async ({ body }, index) => {
    const form = body as PresignResponse;
    expect((await client.upload(form, texts[index] as string)).status).toBe(201);
    return form.asset_id;
  });
  return Promise.all(ids);
}

const unknown = '00000000-0000-4000-8000-000000000000';

test('100 files by two calls: each form works, each asset is registered, in the order of the items', async () => {
  const texts = Array.from({ length: 100 }, (_, index) => `file ${index}`);
  const ids = await uploaded(texts);
  expect(new Set(ids).size).toBe(100);
  const request: BatchRegisterRequest = { items: ids.map((asset_id) => ({ asset_id, filename: 'a.txt' })) };
  const outcomes = await register(request.items);
  expect(outcomes.map(({ status, body }) => [status, 'sha256' in body && body.sha256])).toEqual(
    texts.map((text) => [200, sha256(text)]),
  );
  for (const index of [0, 42, 99])
    expect((await client.get(ids[index] as string)).body).toEqual(outcomes[index]?.body);
  expect(await register(ids.map((asset_id) => ({ asset_id })))).toEqual(outcomes);
  const { cloud } = target;
  if (cloud === undefined) return;
  const types = () => ids.map((id) => eventsOf(cloud, id).map(({ event_type }) => event_type));
  await expect
    .poll(types, { timeout: 20_000 })
    .toEqual(Array(100).fill(['raw_asset_presigned', 'raw_asset_registered']));
});

test('outcomes of every kind, each as the single call would have told it', async () => {
  const [taken = '', done = ''] = await uploaded(['taken', 'done']);
  expect((await client.register({ asset_id: done })).status).toBe(200);
  const wrong = { filename: 'a/b', content_type: 'text', surplus: 1 };
  const large = { filename: 'a', size_bytes: 256 * 1024 ** 2 + 1 };
  const items = [
    { filename: 'first.txt' },
    wrong,
    { asset_id: taken, filename: 'other.txt' },
    { asset_id: done.toUpperCase(), filename: 'a.txt' },
    large,
    'no object',
    { filename: 'last.txt' },
  ];
  const outcomes = await presign(items);
  expect(told(outcomes)).toEqual([
    200,
    'invalid_request: filename,content_type,surplus',
    'asset_conflict: filename,sha256',
    'already_registered',
    'file_too_large: size_bytes',
    'invalid_request: ',
    200,
  ]);
  const single = await client.presign(wrong);
  const requestIds = outcomes.flatMap(({ body }) => ('request_id' in body ? [body.request_id] : []));
  expect(new Set(requestIds).size).toBe(1);
  expect(outcomes[1]).toEqual({
    status: single.status,
    body: { ...single.body, request_id: requestIds[0] },
  });
});

test('register: what is not there, not yet, not the same, or no request', async () => {
  const [good = '', bad = ''] = await uploaded(['good', 'bad']);
  const [{ body: form } = { body: undefined }] = await presign([{ filename: 'never.txt' }]);
  const never = (form as PresignResponse).asset_id;
  const items = [
    { asset_id: good, metadata: { n: 1 } },
    { asset_id: bad, size_bytes: 4, filename: 'b.txt' },
    { asset_id: never },
    { asset_id: unknown },
    { asset_id: good, metadata: { n: 1 } },
    { asset_id: good, metadata: { n: 2 } },
    { filename: 'a.txt' },
    { asset_id: bad },
  ];
  expect(told(await register(items))).toEqual([
    200,
    'upload_mismatch: filename,size_bytes',
    'not_uploaded',
    'asset_not_found',
    200,
    'already_registered: metadata',
    'invalid_request: asset_id',
    200,
  ]);
});

test('two items of one id are two calls, one after the other', async () => {
  const [asset_id, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const items = [
    { asset_id, filename: 'a.txt' },
    { asset_id: asset_id.toUpperCase(), filename: 'a.txt' },
    { asset_id, filename: 'b.txt' },
    { asset_id: other, filename: 'b.txt' },
    { asset_id, filename: 'a.txt' },
  ];
  const outcomes = await presign(items);
  expect(told(outcomes)).toEqual([200, 200, 'asset_conflict: filename', 200, 200]);
  const renewed = outcomes[4]?.body as PresignResponse;
  expect((await client.upload(renewed, 'abc')).status).toBe(201);
  expect(told(await register([{ asset_id }, { asset_id }, { asset_id: other }]))).toEqual([
    200,
    200,
    'not_uploaded',
  ]);
  const { cloud } = target;
  if (cloud === undefined) return;
  await expect
    .poll(() => eventsOf(cloud, asset_id).map(({ event_type }) => event_type), { timeout: 10_000 })
    .toEqual(['raw_asset_presigned', 'raw_asset_registered']);
});

testAs('other tenant')('another tenant’s assets are unknown, and their ids are free', async () => {
  const [asset_id = ''] = await uploaded(['mine']);
  const other = await target.as('other tenant');
  expect(told(await register([{ asset_id }, { asset_id: unknown }], other))).toEqual([
    'asset_not_found',
    'asset_not_found',
  ]);
  const [outcome] = await presign([{ asset_id, filename: 'theirs.txt' }], other);
  expect(outcome).toMatchObject({ status: 200, body: { asset_id, filename: 'theirs.txt' } });
  expect(told(await register([{ asset_id }]))).toEqual([200]);
  expect(told(await register([{ asset_id }], other))).toEqual(['not_uploaded']);
});

describe.each(['presign-upload', 'register'])('%s is refused as a whole', (path) => {
  const item = path === 'register' ? { asset_id: unknown } : { filename: 'a.txt' };
  const items = (count: number) => ({ items: Array(count).fill(item) });
  test.each<[string, unknown, string, string[] | undefined]>([
    ['that is not JSON', '{"items":[', 'invalid_json', undefined],
    ['that is a list', [item], 'invalid_request', ['']],
    ['without items', {}, 'invalid_request', ['items']],
    ['of no items', items(0), 'invalid_request', ['items']],
    ['of 101 items', items(101), 'invalid_request', ['items']],
    ['with an object for items', { items: { 0: item } }, 'invalid_request', ['items']],
    ['with a field of its own', { ...items(1), dry_run: true }, 'invalid_request', ['dry_run']],
    [
      'of over 2 MiB',
      { items: [{ ...item, metadata: { text: 'a'.repeat(MAX_BATCH_BYTES) } }] },
      'invalid_request',
      [''],
    ],
  ])('a body %s', async (_, body, code, paths) => {
    const answer = await client.send('POST', `/nexus/raw/batch/${path}`, { body });
    expect(answer.body).toMatchObject({ code, status: answer.status });
    const errors = answer.body['errors'] as FieldError[] | undefined;
    expect(errors?.map((error) => error.path)).toEqual(paths);
  });
});

test('any 100 requests fit into a call, and their answers into Lambda’s 6 MB', async () => {
  // Each is the largest that a request can be, as JSON.stringify writes it: in the answer every backslash is one more.
  const metadata = { t: '\\'.repeat((16 * 1024 - '{"t":""}'.length) / 2) };
  const filename = '𝒳'.repeat(150);
  const content_type = `text/plain;a="${'\\"'.repeat(118)}"`;
  const texts = Array.from({ length: 100 }, (_, index) => `file ${index}`);
  const asked: BatchPresignRequest = {
    items: texts.map((text) => ({
      filename,
      content_type,
      size_bytes: text.length,
      sha256: sha256(text),
      register: 'on_upload',
      metadata,
      asset_id: crypto.randomUUID(),
    })),
  };
  const bodyBytes = Buffer.byteLength(JSON.stringify(asked));
  const forms = await presign(asked.items);
  expect(new Set(told(forms))).toEqual(new Set([200]));
  await Promise.all(
    forms.map(async ({ body }, index) =>
      expect((await client.upload(body as PresignResponse, texts[index] as string)).status).toBe(201),
    ),
  );
  const assets = await register(asked.items.map(({ register: _, ...claim }) => claim));
  expect(new Set(told(assets))).toEqual(new Set([200]));
  // As a function answers: the body is a text in JSON.
  const answerBytes = [forms, assets].map((items) =>
    Buffer.byteLength(JSON.stringify({ body: JSON.stringify({ items }) })),
  );
  console.log(`100 of the largest: asked in ${bodyBytes} bytes, answered in ${answerBytes.join(' and ')}`);
  expect(bodyBytes).toBeLessThan(MAX_BATCH_BYTES);
  for (const bytes of answerBytes) expect(bytes).toBeLessThan(6 * 1024 * 1024 - 100_000);
});

testLocally('a batch is one call to the gateway’s limits, whatever it holds', async () => {
  const cloud = await startCloud({ settings: { throttle: { rateLimit: 1, burstLimit: 2 } } });
  const limited = await Client.for(cloud);
  const items = Array(100).fill({ asset_id: unknown });
  expect(new Set(told(await register(items, limited)))).toEqual(new Set(['asset_not_found']));
  const calls = Array.from({ length: 10 }, () =>
    limited.send('POST', '/nexus/raw/batch/register', { body: { items } }),
  );
  expect((await Promise.all(calls)).map(({ status }) => status)).toContain(429);
  await cloud.close();
});
