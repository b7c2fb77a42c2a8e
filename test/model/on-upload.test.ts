import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client, eventsOf } from '../e2e/client.ts';

const UPLOADS = 1000;
const AT_ONCE = 12;

let cloud: Cloud;
let client: Client;

beforeAll(async () => {
  cloud = await startCloud({ settings: { throttle: { rateLimit: 100_000, burstLimit: 100_000 } } });
  client = await Client.for(cloud);
});
afterAll(() => cloud?.close());

test(`${UPLOADS} clients that vanish after their post: each upload is registered, once`, async () => {
  const registeredAt = new Map<string, number>();
  cloud.bus.subscribe(({ detail }) => {
    const { event_type, asset_id } = detail as unknown as DatasetEvent;
    if (event_type === 'raw_asset_registered' && !registeredAt.has(asset_id))
      registeredAt.set(asset_id, performance.now());
  });
  const postedAt = new Map<string, number>();
  let left = UPLOADS;
  const work = async () => {
    while (left-- > 0) {
      const { body } = await client.presign({ filename: 'a.txt', register: 'on_upload' });
      const form = body as unknown as PresignResponse;
      if ((await client.upload(form, `file ${left}`)).status !== 201) throw new Error('refused');
      postedAt.set(form.asset_id, performance.now());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await expect.poll(() => registeredAt.size, { timeout: 60_000, interval: 50 }).toBe(UPLOADS);
  for (const asset_id of postedAt.keys()) {
    const types = eventsOf(cloud, asset_id).map(({ event_type }) => event_type);
    expect(types).toEqual(['raw_asset_presigned', 'raw_asset_registered']);
  }
  const times = [...postedAt]
    .map(([asset_id, at]) => (registeredAt.get(asset_id) ?? Number.NaN) - at)
    .sort((a, b) => a - b);
  const percentile = (share: number) =>
    `${Math.max(0, times[Math.floor(times.length * share)] ?? 0).toFixed(0)} ms`;
  console.info(
    `from post to event, ${AT_ONCE} clients at once: p50 ${percentile(0.5)}, p99 ${percentile(0.99)}`,
  );
}, 120_000);
