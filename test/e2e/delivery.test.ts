import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { AwsError } from '../../local/http/aws-error.ts';
import { Client, eventsOf } from './client.ts';

let cloud: Cloud;
let client: Client;

beforeAll(async () => {
  // Nothing here is about throttling, and what fails is tried again at once.
  cloud = await startCloud({
    firstBackoffMs: 1,
    settings: { throttle: { rateLimit: 10_000, burstLimit: 5_000 } },
  });
  client = await Client.for(cloud);
});
afterAll(() => cloud?.close());

test('50 registers at once are one asset and one event', async () => {
  const asset_id = await client.uploaded('once.txt', 'once');
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.register({ asset_id })));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 200, body: { asset_id, status: 'registered' } });
  const next = await client.uploaded('next.txt', 'next');
  await expect.poll(() => eventsOf(cloud, next).length, { timeout: 10_000 }).toBe(1);
  expect(eventsOf(cloud, asset_id).map(({ event_type }) => event_type)).toEqual([
    'raw_asset_presigned',
    'raw_asset_registered',
  ]);
});

test('publish-events killed 100 times loses no event and makes none up', async () => {
  const killer = new Killer(cloud, 100);
  const assets: string[] = [];
  while (killer.left > 0) {
    const asset_id = await client.uploaded('a.txt', 'abc');
    expect((await client.register({ asset_id })).status).toBe(200);
    assets.push(asset_id);
    await sleep(50);
  }
  const complete = () => [...deliveries().values()].filter((events) => distinct(events).length === 2).length;
  await expect.poll(complete, { timeout: 30_000, interval: 200 }).toBe(assets.length);

  const delivered = deliveries();
  for (const asset of assets) {
    const events = delivered.get(asset) ?? [];
    const [first, second, ...others] = distinct(events).map(({ sequence }) => sequence);
    expect([second, ...others]).toEqual([(first ?? 0) + 1]);
    // A redelivery is the same event, to the letter.
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(2);
  }
  // Else no kill came after the bus had taken an event.
  expect([...delivered.values()].flat().length).toBeGreaterThan(2 * assets.length);

  function deliveries(): Map<string, DatasetEvent[]> {
    const written = new Set(assets);
    const details = cloud.bus.events().map(({ detail }) => detail as unknown as DatasetEvent);
    const ours = details.filter(({ asset_id }) => written.has(asset_id));
    return Map.groupBy(ours, ({ asset_id }) => asset_id);
  }
}, 90_000);

/** The first delivery of each event. */
function distinct(events: readonly DatasetEvent[]): DatasetEvent[] {
  return [...new Map(events.map((event) => [event.event_id, event])).values()];
}

/** Kills publish-events a number of times: before the bus takes its events, right after, or whenever. */
class Killer {
  left: number;

  constructor({ services, functions }: Cloud, kills: number) {
    this.left = kills;
    const { PutEvents } = services.eventbridge.operations;
    const put = PutEvents.handle.bind(PutEvents);
    const kill = async () => {
      this.left--;
      await functions.kill('publish-events');
    };
    vi.spyOn(PutEvents, 'handle').mockImplementation(async (input, caller) => {
      const fate = this.left > 0 ? Math.floor(Math.random() * 6) : undefined;
      if (fate === 0) {
        await kill();
        throw new AwsError(503, 'ServiceUnavailable', 'Nobody is there to hear it.');
      }
      const output = await put(input, caller);
      if (fate === 1) await kill();
      if (fate === 2) void sleep(Math.random() * 100).then(kill);
      return output;
    });
  }
}
