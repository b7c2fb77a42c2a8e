import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetEvent } from '#core/events';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client, eventsOf } from './client.ts';

let cloud: Cloud;
let client: Client;

beforeAll(async () => {
  cloud = await startCloud({ port: 0 });
  client = await Client.for(cloud);
});
afterAll(() => cloud?.close());

test('50 registers at once are one asset and one event', async () => {
  const asset_id = await client.uploaded('once.txt', 'once');
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.register({ asset_id })));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 200, body: { asset_id, status: 'registered' } });
  const next = await client.uploaded('next.txt', 'next');
  await expect.poll(() => eventsOf(cloud, next).length).toBe(1);
  expect(eventsOf(cloud, asset_id).map(({ event_type }) => event_type)).toEqual([
    'raw_asset_presigned',
    'raw_asset_registered',
  ]);
});

test('publish-events killed 100 times loses no event and makes none up', async () => {
  const KILLS = 100;
  let kills = 0;
  const assets: string[] = [];
  const writing = (async () => {
    while (kills < KILLS) {
      const ids = await Promise.all(['a', 'b', 'c', 'd'].map((name) => client.uploaded(`${name}.txt`, name)));
      for (const { status } of await Promise.all(ids.map((asset_id) => client.register({ asset_id })))) {
        expect(status).toBe(200);
      }
      assets.push(...ids);
    }
  })();
  while (kills < KILLS) {
    await sleep(Math.random() * 150);
    await cloud.functions.kill('publish-events');
    kills++;
  }
  await writing;

  const sequences = (asset: string) => distinct(eventsOf(cloud, asset)).map(({ sequence }) => sequence);
  const complete = () => assets.filter((asset) => sequences(asset).length === 2).length;
  await expect.poll(complete, { timeout: 20_000, interval: 200 }).toBe(assets.length);
  for (const asset of assets) expect(sequences(asset)).toEqual([1, 2]);
  // A redelivery is the same event, to the letter.
  for (const asset of assets) {
    const texts = new Set(eventsOf(cloud, asset).map((event) => JSON.stringify(event)));
    expect(texts.size).toBe(2);
  }
}, 60_000);

/** The first delivery of each event. */
function distinct(events: readonly DatasetEvent[]): DatasetEvent[] {
  return [...new Map(events.map((event) => [event.event_id, event])).values()];
}
