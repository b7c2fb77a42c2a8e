import { randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client, eventsOf } from './client.ts';

const scope = 'raw:read raw:write raw:delete raw:erase';
let cloud: Cloud;
let client: Client;
let ahead = 0;

beforeAll(async () => {
  cloud = await startCloud({
    now: () => new Date(Date.now() + ahead),
    timeToLiveSeconds: 0,
    firstBackoffMs: 1,
  });
  client = await Client.for(cloud, { scope });
});
afterAll(() => cloud?.close());

const raw = (asset_id: string, action = '') => `/nexus/raw/${asset_id}${action && `/${action}`}`;
const presign = async (body: object) => (await client.presign(body)).body as unknown as PresignResponse;

async function post(form: PresignResponse, bytes = 'abc'): Promise<void> {
  const response = await client.upload(form, bytes);
  if (response.status !== 201) throw new Error(`upload: ${response.status} ${await response.text()}`);
}

/** The versions that are stored under an asset's keys. */
const versions = (asset_id: string) =>
  [...cloud.services.s3.store.keys(cloud.names.bucket)]
    .filter(([key]) => key.includes(asset_id))
    .flatMap(([, stored]) => stored.map(({ versionId }) => versionId));

const types = (asset_id: string) =>
  eventsOf(cloud, asset_id).map(({ event_type }) => event_type.replace('raw_asset_', ''));

const soon = { timeout: 10_000, interval: 20 };

test('an upload that registers itself is registered once, for whoever presigned it, with its metadata', async () => {
  const form = await presign({ filename: 'self.csv', register: 'on_upload', metadata: { station: 17 } });
  await post(form, 'a;b');
  const { asset_id } = form;
  await expect.poll(async () => (await client.get(asset_id)).status, soon).toBe(200);
  expect((await client.get(asset_id)).body).toMatchObject({
    created_by: 'developer',
    metadata: { station: 17 },
    size_bytes: 3,
    status: 'registered',
  });
  await expect.poll(() => types(asset_id), soon).toEqual(['presigned', 'registered']);
  expect(eventsOf(cloud, asset_id).map(({ user_id }) => user_id)).toEqual(['developer', 'nexus-raw-storage']);
  // The client's own register finds it done.
  expect(await client.register({ asset_id })).toEqual(await client.get(asset_id));
  expect(versions(asset_id)).toEqual([(await client.get(asset_id)).body['version_id']]);
});

test('of two uploads by one form the one that is registered stays', async () => {
  const form = await presign({ filename: 'twice.txt' });
  await post(form, 'one');
  await post(form, 'two');
  const { asset_id } = form;
  const { body } = await client.register({ asset_id });
  await expect.poll(() => versions(asset_id), soon).toEqual([body['version_id']]);
  await post(form, 'three');
  await expect.poll(() => versions(asset_id), soon).toEqual([body['version_id']]);
  expect((await client.get(asset_id)).status).toBe(200);
});

test('what was posted before an upload is cancelled is removed, and what comes after', async () => {
  const form = await presign({ filename: 'cancelled.txt' });
  await post(form);
  const { asset_id } = form;
  expect((await client.send('POST', raw(asset_id, 'cancel'))).status).toBe(200);
  await expect.poll(() => versions(asset_id), soon).toEqual([]);
  await post(form, 'late');
  await expect.poll(() => versions(asset_id), soon).toEqual([]);
});

test('an erased asset’s bytes go, a deleted one’s stay until its retention ends', async () => {
  const [erased, deleted] = await Promise.all(
    ['erased.txt', 'deleted.txt'].map((name) => client.uploaded(name, 'abc')),
  );
  for (const asset_id of [erased, deleted]) await client.register({ asset_id });
  await client.send('POST', raw(erased as string, 'erase'));
  await client.send('DELETE', raw(deleted as string));
  await expect.poll(() => versions(erased as string), soon).toEqual([]);
  expect(versions(deleted as string)).toHaveLength(1);
  ahead += 32 * 86_400_000;
  client = await Client.for(cloud, { scope });
  await cloud.services.dynamodb.removeExpired();
  await expect.poll(() => versions(deleted as string), soon).toEqual([]);
  await expect.poll(() => types(deleted as string).at(-1), soon).toBe('purged');
});

test('what comes after an asset is erased is removed', async () => {
  const form = await presign({ filename: 'erased-late.txt' });
  await post(form);
  const { asset_id } = form;
  expect((await client.register({ asset_id })).status).toBe(200);
  expect((await client.send('POST', raw(asset_id, 'erase'))).status).toBe(200);
  await expect.poll(() => versions(asset_id), soon).toEqual([]);
  // The form works on.
  await post(form, 'late');
  await expect.poll(() => versions(asset_id), soon).toEqual([]);
});

test('what comes after an upload has expired is removed, though its form still works', async () => {
  const form = await presign({ filename: 'expired-late.txt' });
  const { asset_id } = form;
  const table = new DynamoDBClient({
    endpoint: cloud.awsUrl,
    region: cloud.region,
    credentials: cloud.iam.administrator,
  });
  // The service gives an item a day more than its form. That day is cut short, since a form takes nothing after its own time.
  const past = new UpdateItemCommand({
    TableName: cloud.names.table,
    Key: { pk: { S: `t_demo#dev#${asset_id}` } },
    UpdateExpression: 'SET #ttl = :past',
    ExpressionAttributeNames: { '#ttl': 'ttl' },
    ExpressionAttributeValues: { ':past': { N: String(Math.floor((Date.now() + ahead) / 1000) - 60) } },
  });
  await table.send(past);
  table.destroy();
  await cloud.services.dynamodb.removeExpired();
  await expect.poll(() => types(asset_id), soon).toEqual(['presigned', 'expired']);
  await post(form, 'late');
  await expect.poll(() => versions(asset_id), soon).toEqual([]);
});

test('an upload that is never registered is removed once its window and a day have passed', async () => {
  const form = await presign({ filename: 'forgotten.txt' });
  await post(form);
  await post(form, 'again');
  // The stream gives up what is delivered days late.
  await expect.poll(() => types(form.asset_id), soon).toEqual(['presigned']);
  ahead += 3 * 86_400_000;
  client = await Client.for(cloud, { scope });
  expect(versions(form.asset_id)).toHaveLength(2);
  await cloud.services.dynamodb.removeExpired();
  await expect.poll(() => versions(form.asset_id), soon).toEqual([]);
  await expect.poll(() => types(form.asset_id), soon).toEqual(['presigned', 'expired']);
});

test('bytes that come by a form of an ended life never become the next one’s', async () => {
  const asset_id = randomUUID();
  const values = { asset_id, filename: 'lives.txt', register: 'on_upload' };
  const first = await presign(values);
  await client.send('POST', raw(asset_id, 'cancel'));
  const second = await presign(values);
  await post(first, 'of the first life');
  expect(await client.register({ asset_id })).toMatchObject({ status: 409, body: { code: 'not_uploaded' } });
  await post(second, 'of the second');
  await expect.poll(async () => (await client.get(asset_id)).body['size_bytes'], soon).toBe(13);
  const { body } = await client.get(asset_id);
  await expect.poll(() => versions(asset_id), soon).toEqual([body['version_id']]);
});
