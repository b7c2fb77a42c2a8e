import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawAsset } from '#contract/asset';
import type { PresignResponse } from '#contract/uploads';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { deletedRecord, presignedRecord, registeredRecord } from '../support/asset-records.ts';
import { Client } from './client.ts';

const scope = 'raw:read raw:write raw:delete raw:erase';
let cloud: Cloud;
let repository: DynamoDbAssetRepository;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  cloud = await startCloud({ timeToLiveSeconds: 0 });
  const { awsUrl: endpoint, region, iam } = cloud;
  dynamodb = new DynamoDBClient({ endpoint, region, credentials: iam.administrator });
  repository = new DynamoDbAssetRepository(dynamodb, cloud.names.table);
});
afterAll(async () => {
  dynamodb?.destroy();
  await cloud?.close();
});

const as = (tenant_id: string) => Client.for(cloud, { tenant_id, scope });

/** Registers an asset straight in the table, as if it had been at that time. */
async function registered(tenant_id: string, created_at: string, more: Partial<RawAsset> = {}) {
  const presigned = presignedRecord({ tenant_id, filename: 'a.csv', content_type: 'text/csv' });
  const record = registeredRecord(presigned);
  const asset = { ...record.asset, created_at, ...more } as typeof record.asset;
  await repository.create(presigned);
  await repository.replace(presigned, { ...record, asset });
  return { ...record, asset };
}

interface Page {
  readonly items: readonly RawAsset[];
  readonly next_cursor?: string;
}

async function page(client: Client, query: Record<string, string | number> = {}): Promise<Page> {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const { status, body } = await client.send('GET', `/nexus/raw${text && `?${text}`}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as unknown as Page;
}

async function walk(client: Client, query: Record<string, string | number> = {}, each = () => {}) {
  const found: RawAsset[] = [];
  let pages = 0;
  for (let cursor: string | undefined = ''; cursor !== undefined; pages++) {
    const one: Page = await page(client, { ...query, ...(cursor && { cursor }) });
    found.push(...one.items);
    cursor = one.next_cursor;
    each();
  }
  return { found, pages };
}

const time = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();

describe('a tenant’s list', () => {
  const tenant = 't_list';
  beforeAll(async () => {
    for (let second = 0; second < 60; second++) {
      await registered(tenant, time(second), {
        content_type: ['text/csv', 'image/png', 'image/svg+xml'][second % 3] as string,
      });
    }
    await registered('t_other', time(5));
  });

  test('is newest first, whole assets, each once, whatever the size of a page', async () => {
    const client = await as(tenant);
    for (const limit of [1, 7, 50, 100]) {
      const { found } = await walk(client, { limit });
      expect(found.map(({ created_at }) => created_at)).toEqual(
        Array.from({ length: 60 }, (_, index) => time(59 - index)),
      );
    }
    const [asset] = (await page(client, { limit: 1 })).items;
    expect((await client.get(asset?.asset_id as string)).body).toEqual(asset);
  });

  test('is of a time', async () => {
    const client = await as(tenant);
    const { found } = await walk(client, { created_from: time(10), created_to: time(20), limit: 3 });
    expect(found.map(({ created_at }) => created_at)).toEqual(
      Array.from({ length: 10 }, (_, index) => time(19 - index)),
    );
    const offset = await page(client, { created_from: '2026-01-01T01:00:59+01:00' });
    expect(offset.items.map(({ created_at }) => created_at)).toEqual([time(59)]);
    expect((await page(client, { created_from: time(20), created_to: time(10) })).items).toEqual([]);
  });

  test.each([
    ['image/svg+xml', 20],
    ['image/*', 40],
    ['text/csv', 20],
    ['text/plain', 0],
  ])('is of a content type: %s', async (content_type, count) => {
    const client = await as(tenant);
    for (const limit of [3, 100]) {
      const { found } = await walk(client, { content_type, limit });
      expect(found).toHaveLength(count);
      expect(new Set(found.map(({ asset_id }) => asset_id)).size).toBe(count);
    }
  });

  test('is of nobody else', async () => {
    expect((await walk(await as('t_other'))).found).toHaveLength(1);
    expect((await walk(await as('t_nobody'))).found).toEqual([]);
    // A cursor is a place in time, and opens nothing.
    const { next_cursor } = await page(await as(tenant), { limit: 1 });
    const { found } = await walk(await as('t_other'), { cursor: String(next_cursor) });
    expect(found.map(({ tenant_id }) => tenant_id)).toEqual(['t_other']);
    const elsewhere = await Client.for(cloud, { tenant_id: tenant, env: 'prod', scope });
    expect((await walk(elsewhere)).found).toEqual([]);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=%00', 'cursor'],
    ['created_from=yesterday', 'created_from'],
    ['created_to=2026-02-30T00:00:00Z', 'created_to'],
    ['content_type=text', 'content_type'],
    ['status=presigned', 'status'],
    ['tenant_id=t_other', 'tenant_id'],
  ])('refuses ?%s by the name of the parameter', async (query, name) => {
    const { status, body } = await (await as(tenant)).send('GET', `/nexus/raw?${query}`);
    expect([status, body['code']]).toEqual([422, 'invalid_request']);
    expect(body['errors']).toMatchObject([{ path: name }]);
  });

  test('needs the scope to read', async () => {
    const writer = await Client.for(cloud, { tenant_id: tenant, scope: 'raw:write' });
    expect(await writer.send('GET', '/nexus/raw')).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  });
});

test('a deleted asset is in the list of the deleted, and nowhere once it is erased', async () => {
  const client = await as('t_moves');
  const asset_id = await client.uploaded('a.txt', 'abc');
  await client.register({ asset_id });
  const listed = async () =>
    Promise.all(
      ['registered', 'deleted'].map(async (status) => (await walk(client, { status })).found.length),
    );
  expect(await listed()).toEqual([1, 0]);
  await client.send('DELETE', `/nexus/raw/${asset_id}`);
  expect(await listed()).toEqual([0, 1]);
  expect((await page(client, { status: 'deleted' })).items).toMatchObject([{ asset_id, status: 'deleted' }]);
  await client.send('POST', `/nexus/raw/${asset_id}/restore`);
  expect(await listed()).toEqual([1, 0]);
  await client.send('POST', `/nexus/raw/${asset_id}/erase`);
  expect(await listed()).toEqual([0, 0]);
});

test('a walk lists what stays exactly once, while others are registered and deleted', async () => {
  const tenant = 't_busy';
  const client = await as(tenant);
  const records = [];
  for (let second = 0; second < 120; second++) records.push(await registered(tenant, time(second)));
  const staying = records.filter((_, index) => index % 3 !== 0).map(({ asset }) => asset.asset_id);
  const leaving = records.filter((_, index) => index % 3 === 0);
  const writes: Promise<unknown>[] = [];
  const { found } = await walk(client, { limit: 5 }, () => {
    const gone = leaving.pop();
    if (gone) writes.push(repository.replace(gone, deletedRecord(gone)));
    writes.push(registered(tenant, time(1000 + writes.length)));
  });
  await Promise.all(writes);
  const ids = found.map(({ asset_id }) => asset_id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of staying) expect(ids).toContain(id);
});

describe('a download', () => {
  const NAME = 'naïve 日本 "q".csv';

  async function asset(filename: string, bytes: string) {
    const client = await as('t_down');
    const asset_id = await client.uploaded(filename, bytes);
    await client.register({ asset_id });
    return { client, asset_id };
  }

  const download = async (client: Client, asset_id: string, query = '') =>
    (await client.send('GET', `/nexus/raw/${asset_id}/download${query}`)).body as {
      url: string;
      expires_at: string;
    };

  test('has the bytes that were registered, under their name and type, to anybody until it ends', async () => {
    const { client, asset_id } = await asset(NAME, 'a;b\n1;2\n');
    const { url, expires_at } = await download(client, asset_id);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'a;b\n1;2\n']);
    expect(response.headers.get('content-type')).toBe('text/csv');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="na?ve ?? \\"q\\".csv"; filename*=UTF-8''na%C3%AFve%20%E6%97%A5%E6%9C%AC%20%22q%22.csv`,
    );
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 300_000)).toBeLessThan(10_000);
    const inline = await fetch((await download(client, asset_id, '?disposition=inline')).url);
    expect(inline.headers.get('content-disposition')).toMatch(/^inline; /);
    await inline.text();
    const part = await fetch(url, { headers: { range: 'bytes=4-6' } });
    expect([part.status, await part.text()]).toEqual([206, '1;2']);
  });

  test('is of the registered version, though another upload came later', async () => {
    const client = await as('t_down');
    const form = (await client.presign({ filename: 'v.txt' })).body as unknown as PresignResponse;
    await client.upload(form, 'first');
    await client.register({ asset_id: form.asset_id });
    await client.upload(form, 'second');
    const { url } = await download(client, form.asset_id);
    expect(await (await fetch(url)).text()).toBe('first');
  });

  test('ends when it says, and cannot be turned to another object', async () => {
    const { client, asset_id } = await asset('short.txt', 'abc');
    const { url, expires_at } = await download(client, asset_id, '?expires=1');
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expires_at) - Date.now() + 1100));
    expect((await fetch(url)).status).toBe(403);
    const fresh = await download(client, asset_id);
    expect((await fetch(fresh.url.replace('short.txt', 'other.txt'))).status).toBe(403);
    expect((await fetch(fresh.url.replace('attachment', 'inline'))).status).toBe(403);
  });

  test('leaves the fallback of a long name out where the URL would grow too long', async () => {
    const { client, asset_id } = await asset(`${'日本語'.repeat(65)}.txt`, 'abc');
    const { url } = await download(client, asset_id);
    expect(url.length).toBeLessThanOrEqual(7000);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'abc']);
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''");
  });

  test('is the same 404 for what is deleted, unknown or another’s', async () => {
    const { client, asset_id } = await asset('gone.txt', 'abc');
    const other = await as('t_other');
    for (const [who, id] of [
      [other, asset_id],
      [client, randomUUID()],
    ] as const)
      expect(await who.send('GET', `/nexus/raw/${id}/download`)).toMatchObject({
        status: 404,
        body: { code: 'asset_not_found' },
      });
    await client.send('DELETE', `/nexus/raw/${asset_id}`);
    expect((await client.send('GET', `/nexus/raw/${asset_id}/download`)).status).toBe(404);
    for (const query of ['?expires=901', '?expires=0', '?disposition=other', '?other=1'])
      expect((await client.send('GET', `/nexus/raw/${asset_id}/download${query}`)).status).toBe(422);
  });
});
