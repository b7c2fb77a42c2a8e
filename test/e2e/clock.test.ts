import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client } from './client.ts';

const DAY = 86_400;
let cloud: Cloud;
let ahead = 0;
const now = () => Date.now() + ahead;
const move = (seconds: number) => {
  ahead += seconds * 1000;
};

beforeAll(async () => {
  cloud = await startCloud({ now: () => new Date(now()), timeToLiveSeconds: 0 });
});
afterAll(() => cloud?.close());

test('a form is refused when the clock has moved past its window, and a fresh one is good', async () => {
  const client = await Client.for(cloud);
  const presign = async () =>
    (await client.presign({ filename: 'a.txt' })).body as unknown as PresignResponse;
  const late = await presign();
  move(1000);
  expect(await client.upload(late, 'late')).toMatchObject({ status: 403 });
  // The function goes by the same clock.
  const fresh = await presign();
  expect(Date.parse(fresh.expires_at) - now()).toBeGreaterThan(800_000);
  expect(await client.upload(fresh, 'in time')).toMatchObject({ status: 201 });
  const { asset_id } = fresh;
  const { body } = await client.register({ asset_id });
  expect(Math.abs(Date.parse(String(body['created_at'])) - now())).toBeLessThan(60_000);
});

test('Time to Live removes what was never registered', async () => {
  const client = await Client.for(cloud);
  const { asset_id } = (await client.presign({ filename: 'c.txt' })).body;
  expect(await cloud.services.dynamodb.removeExpired()).toBe(0);
  move(3 * DAY);
  const again = await Client.for(cloud);
  expect(await again.register({ asset_id })).toMatchObject({ status: 410 });
  expect(await cloud.services.dynamodb.removeExpired()).toBeGreaterThan(0);
  expect(await again.register({ asset_id })).toMatchObject({ status: 404 });
});

test('a token that was good before is refused', async () => {
  const client = await Client.for(cloud);
  expect((await client.presign({ filename: 'd.txt' })).status).toBe(200);
  move(DAY);
  expect((await client.presign({ filename: 'd.txt' })).status).toBe(403);
});

test('a client of the SDK corrects its own clock', async () => {
  move(DAY);
  const { administrator: credentials } = cloud.iam;
  const client = new CloudFormationClient({
    endpoint: cloud.awsUrl,
    region: cloud.region,
    credentials,
  });
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'NexusRawStorage-dev' }));
  expect(Stacks?.length).toBe(1);
  client.destroy();
});
