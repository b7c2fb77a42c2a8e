import { randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { readStateTable } from '../support/state-table.ts';
import { type Answer, Client, eventsOf } from './client.ts';

const SCOPES = ['raw:read', 'raw:write', 'raw:delete', 'raw:erase'];
const scope = SCOPES.join(' ');
const TABLE = readStateTable();

let cloud: Cloud;
let client: Client;
let table: DynamoDBClient;

beforeAll(async () => {
  cloud = await startCloud({ timeToLiveSeconds: 0 });
  client = await Client.for(cloud, { scope });
  const { awsUrl: endpoint, region, iam } = cloud;
  table = new DynamoDBClient({ endpoint, region, credentials: iam.administrator });
});

afterAll(async () => {
  table?.destroy();
  await cloud?.close();
});

const values = (asset_id: string) => ({ asset_id, filename: 'a.txt', size_bytes: 3 });
const raw = (asset_id: string, action = '') => `/nexus/raw/${asset_id}${action && `/${action}`}`;

async function uploaded(asset_id: string): Promise<void> {
  const { body } = await client.presign(values(asset_id));
  const response = await client.upload(body as unknown as PresignResponse, 'abc');
  if (response.status !== 201) throw new Error(`upload: ${response.status}`);
}

/** Moves the item's time into the past, as waiting would. */
async function makeDue(asset_id: string): Promise<void> {
  await table.send(
    new UpdateItemCommand({
      TableName: cloud.names.table,
      Key: { pk: { S: `t_demo#dev#${asset_id}` } },
      UpdateExpression: 'SET #ttl = :past',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':past': { N: String(Math.floor(Date.now() / 1000) - 60) } },
    }),
  );
}

/** The calls of the table's columns. */
const CALLS: Readonly<Record<string, (asset_id: string) => Promise<Answer>>> = {
  'presign, same': (asset_id) => client.presign(values(asset_id)),
  'presign, other': (asset_id) => client.presign({ ...values(asset_id), filename: 'b.txt' }),
  register: (asset_id) => client.register({ asset_id }),
  async 'get, download'(asset_id) {
    const [got, download] = [await client.get(asset_id), await client.send('GET', raw(asset_id, 'download'))];
    expect(download.status).toBe(got.status);
    return got;
  },
  delete: (asset_id) => client.send('DELETE', raw(asset_id)),
  restore: (asset_id) => client.send('POST', raw(asset_id, 'restore')),
  cancel: (asset_id) => client.send('POST', raw(asset_id, 'cancel')),
  erase: (asset_id) => client.send('POST', raw(asset_id, 'erase')),
};

async function through(asset_id: string, ...calls: readonly string[]): Promise<void> {
  await uploaded(asset_id);
  for (const name of calls) expect((await CALLS[name]?.(asset_id))?.status, name).toBe(200);
}

/** How an asset comes into each state. */
const STATES: Readonly<Record<string, (asset_id: string) => Promise<void>>> = {
  none: async () => {},
  presigned: uploaded,
  'presigned and due': async (asset_id) => {
    await uploaded(asset_id);
    await makeDue(asset_id);
  },
  expired: (asset_id) => through(asset_id, 'cancel'),
  registered: (asset_id) => through(asset_id, 'register'),
  deleted: (asset_id) => through(asset_id, 'register', 'delete'),
  'deleted and due': async (asset_id) => {
    await through(asset_id, 'register', 'delete');
    await makeDue(asset_id);
  },
  purged: (asset_id) => through(asset_id, 'register', 'erase'),
};

test('the table has every state and call', () => {
  expect([...TABLE.keys()]).toEqual(Object.keys(STATES));
  for (const row of TABLE.values()) expect([...row.keys()]).toEqual(Object.keys(CALLS));
});

describe.each(Object.entries(STATES))('%s', (state, reach) => {
  test.each(Object.entries(CALLS))('%s', async (name, call) => {
    const asset_id = randomUUID();
    await reach(asset_id);
    const { status, code } = TABLE.get(state)?.get(name) ?? {};
    const answer = await call(asset_id);
    expect(answer.status).toBe(status);
    if (code !== undefined) expect(answer.body).toMatchObject({ code });
    // The same call again is answered from what it left.
    if (status === 200 && name !== 'presign, other') expect((await call(asset_id)).status).toBe(200);
  });
});

test('each change has one event, numbered upwards through two lives', async () => {
  const asset_id = randomUUID();
  await through(asset_id, 'register', 'delete', 'restore', 'delete', 'erase', 'presign, other', 'cancel');
  const types = () => eventsOf(cloud, asset_id).map(({ event_type }) => event_type.replace('raw_asset_', ''));
  const expected = [
    'presigned',
    'registered',
    'deleted',
    'restored',
    'deleted',
    'purged',
    'presigned',
    'expired',
  ];
  await expect.poll(types, { timeout: 10_000 }).toEqual(expected);
  const sequences = eventsOf(cloud, asset_id).map(({ sequence }) => sequence);
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
});

test('a deleted asset says until when it can be restored; restored, it is what it was', async () => {
  const asset_id = randomUUID();
  await through(asset_id, 'register');
  const before = await client.get(asset_id);
  const { body: deleted } = await client.send('DELETE', raw(asset_id));
  expect(deleted).toEqual({
    ...before.body,
    status: 'deleted',
    deleted_at: expect.any(String),
    purge_at: expect.any(String),
  });
  const days =
    (Date.parse(String(deleted['purge_at'])) - Date.parse(String(deleted['deleted_at']))) / 86_400_000;
  expect(days).toBe(30);
  expect(await client.send('POST', raw(asset_id, 'restore'))).toEqual(before);
  expect(await client.get(asset_id)).toEqual(before);
});

test('an erased asset leaves nothing in its item but its ids, and its event tells no more', async () => {
  const asset_id = randomUUID();
  await through(asset_id, 'register', 'erase');
  await expect.poll(() => eventsOf(cloud, asset_id).length, { timeout: 10_000 }).toBe(3);
  expect(eventsOf(cloud, asset_id).at(-1)?.asset).toEqual({
    asset_id,
    tenant_id: 't_demo',
    env: 'dev',
    status: 'purged',
  });
});

test('what TTL removes is told once, by the service itself', async () => {
  const [lapsed, retained] = [randomUUID(), randomUUID()];
  await STATES['presigned and due']?.(lapsed);
  await STATES['deleted and due']?.(retained);
  await cloud.services.dynamodb.removeExpired();
  await expect
    .poll(() => [lapsed, retained].map((id) => eventsOf(cloud, id).at(-1)?.event_type), { timeout: 10_000 })
    .toEqual(['raw_asset_expired', 'raw_asset_purged']);
  for (const id of [lapsed, retained]) {
    const [last, previous] = eventsOf(cloud, id).toReversed();
    expect(last).toMatchObject({
      user_id: 'nexus-raw-storage',
      sequence: (previous?.sequence ?? 0) + 1,
      asset: { filename: 'a.txt' },
    });
    expect((await client.get(id)).status).toBe(404);
  }
});

test('50 different changes at once leave one state, each told once', async () => {
  const asset_id = randomUUID();
  await through(asset_id, 'register');
  const names = ['delete', 'restore', 'delete', 'restore', 'register'];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => CALLS[names[i % 5] as string]?.(asset_id)),
  );
  for (const answer of answers) expect([200, 409, 503]).toContain(answer?.status);
  const sequences = () => eventsOf(cloud, asset_id).map(({ sequence }) => sequence);
  await expect
    .poll(() => cloud.functions !== undefined && sequences().length, { timeout: 10_000 })
    .toBeGreaterThan(2);
  const told = sequences();
  expect(told).toEqual(told.map((_, index) => (told[0] ?? 0) + index));
});

test('delete, restore, cancel and erase are another tenant’s 404, and need their scopes', async () => {
  const asset_id = randomUUID();
  await through(asset_id, 'register');
  const other = await Client.for(cloud, { tenant_id: 't_other', scope });
  const calls = [
    ['DELETE', raw(asset_id), 'raw:delete'],
    ['POST', raw(asset_id, 'restore'), 'raw:delete'],
    ['POST', raw(asset_id, 'cancel'), 'raw:write'],
    ['POST', raw(asset_id, 'erase'), 'raw:erase'],
  ] as const;
  for (const [method, path, needed] of calls) {
    expect(await other.send(method, path)).toMatchObject({ status: 404, body: { code: 'asset_not_found' } });
    const without = await Client.for(cloud, {
      scope: SCOPES.filter((one) => one !== needed).join(' '),
    });
    expect(await without.send(method, path)).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  }
  expect((await client.get(asset_id)).status).toBe(200);
});

test('without retention a delete is an erase', async () => {
  const strict = await startCloud({ settings: { deleteRetentionDays: 0 } });
  try {
    const own = await Client.for(strict, { scope });
    const asset_id = await own.uploaded('a.txt', 'abc');
    await own.register({ asset_id });
    expect(await own.send('DELETE', raw(asset_id))).toEqual({
      status: 200,
      body: { asset_id, status: 'purged' },
    });
    expect((await own.send('POST', raw(asset_id, 'restore'))).status).toBe(404);
  } finally {
    await strict.close();
  }
});

test('whoami tells the tenant, the scopes and the limits of the deployment', async () => {
  const nobodys = await Client.for(cloud, { scope: '', sub: 'u1' });
  expect(await nobodys.send('GET', '/nexus/whoami')).toEqual({
    status: 200,
    body: {
      tenant_id: 't_demo',
      env: 'dev',
      user_id: 'u1',
      scopes: [],
      limits: {
        max_upload_bytes: 5 * 1024 ** 3,
        max_hash_bytes: 256 * 1024 ** 2,
        upload_expiry_seconds: 900,
        delete_retention_days: 30,
      },
    },
  });
  const noTenant = await Client.for(cloud, { tenant_id: undefined });
  expect(await noTenant.send('GET', '/nexus/whoami')).toMatchObject({
    status: 403,
    body: { code: 'tenant_missing' },
  });
});
