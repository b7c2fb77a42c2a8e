import { createHash, randomUUID } from 'node:crypto';
import type { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadApi } from '../support/api-handlers.ts';
import { postForm, startAws, type TestAws } from '../support/aws.ts';

const bytes = Buffer.from('hello');
const sha256 = createHash('sha256').update(bytes).digest('hex');

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;

beforeAll(async () => {
  aws = await startAws();
  api = await loadApi();
});
beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {});
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => aws.close());

async function registered(filename = 'a.txt'): Promise<string> {
  const { body: form } = await api.presign({ filename, sha256 });
  expect((await postForm(form, bytes)).status).toBe(201);
  expect((await api.register({ asset_id: form.asset_id })).status).toBe(200);
  return form.asset_id;
}

describe('an asset, by the functions as they are deployed but for the bundler', () => {
  it('is listed, page by page', async () => {
    const ids = [await registered(), await registered(), await registered('c.csv')];
    const first = await api.list('limit=2');
    expect(first.body.items).toHaveLength(2);
    const second = await api.list(`limit=100&cursor=${first.body.next_cursor}`);
    const all = [...first.body.items, ...second.body.items].map(({ asset_id }) => asset_id);
    expect(all).toEqual([...ids].reverse());
    expect((await api.list('content_type=text/*&created_from=2020-01-01T00:00:00Z')).body.items).toHaveLength(
      3,
    );
    expect((await api.list('content_type=text/csv')).body.items).toHaveLength(1);
    expect((await api.list('created_to=2020-01-01T00:00:00Z')).body.items).toEqual([]);
    expect((await api.list('cursor=x')).status).toBe(422);
  });

  it('is downloaded', async () => {
    const asset_id = await registered('naïve.txt');
    const { body } = await api.one('downloadAsset', asset_id, { rawQueryString: 'expires=60' });
    const response = await fetch(body.url);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''na%C3%AFve.txt");
    const long = await registered(`${'日本語'.repeat(65)}.txt`);
    expect((await api.one('downloadAsset', long)).body.url.length).toBeLessThanOrEqual(7000);
    expect((await api.one('downloadAsset', randomUUID())).status).toBe(404);
  });

  it('is deleted, restored and erased', async () => {
    const asset_id = await registered();
    for (const repeated of [1, 2]) {
      const { status, body } = await api.one('deleteAsset', asset_id);
      expect([repeated, status, body.status]).toEqual([repeated, 200, 'deleted']);
    }
    expect((await api.get(asset_id)).status).toBe(404);
    expect((await api.list('status=deleted')).body.items).toMatchObject([{ asset_id }]);
    for (const _ of [1, 2]) expect((await api.one('restoreAsset', asset_id)).status).toBe(200);
    for (const _ of [1, 2])
      expect((await api.one('eraseAsset', asset_id)).body).toEqual({ asset_id, status: 'purged' });
    expect((await api.one('deleteAsset', asset_id)).status).toBe(404);
    expect((await api.one('restoreAsset', asset_id)).status).toBe(404);
  });

  it('is cancelled while it is not registered', async () => {
    const { body } = await api.presign({ filename: 'a.txt' });
    for (const _ of [1, 2]) {
      expect((await api.one('cancelUpload', body.asset_id)).body).toEqual({
        asset_id: body.asset_id,
        status: 'expired',
      });
    }
    const asset_id = await registered();
    expect((await api.one('cancelUpload', asset_id)).body.code).toBe('already_registered');
    await api.one('deleteAsset', asset_id);
    expect((await api.one('cancelUpload', asset_id)).body.code).toBe('asset_deleted');
    expect((await api.one('cancelUpload', randomUUID())).status).toBe(404);
  });

  it('has each change of it in the log, with who made it and no name', async () => {
    const asset_id = await registered('secret.txt');
    const log = vi.spyOn(console, 'info');
    log.mockClear();
    for (const name of ['deleteAsset', 'restoreAsset', 'eraseAsset'] as const) await api.one(name, asset_id);
    expect(log.mock.calls.map(([line]) => line)).toMatchObject(
      ['asset deleted', 'asset restored', 'asset erased'].map((message) => ({
        message,
        tenant_id: 't_acme',
        user_id: 'user-1',
        request_id: 'request-1',
        asset_ids: [asset_id],
      })),
    );
    expect(JSON.stringify(log.mock.calls)).not.toContain('secret');
  });

  it('is told who asks', async () => {
    expect((await api.whoami()).body).toMatchObject({
      tenant_id: 't_acme',
      limits: { max_upload_bytes: 1000, delete_retention_days: 30 },
    });
  });

  it('is asked for again where DynamoDB leaves keys out', async () => {
    for (const name of ['a.txt', 'b.txt']) await registered(name);
    const { operations } = aws.services.dynamodb;
    const batch = operations['BatchGetItem'];
    const handle = vi.spyOn(batch as NonNullable<typeof batch>, 'handle');
    handle.mockImplementationOnce(async (input) => ({
      Responses: {},
      UnprocessedKeys: (input as BatchGetItemCommand['input']).RequestItems,
    }));
    expect((await api.list('limit=2')).body.items).toHaveLength(2);
    expect(handle).toHaveBeenCalledTimes(2);
  });
});
