import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { AssetWriter } from '../support/asset-writer.ts';
import { type DeliveryTally, tallyDeliveries } from '../support/delivery-tally.ts';
import { injectFaults } from '../support/put-events-faults.ts';
import { RandomFaults } from '../support/random-faults.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { breakBundle, bundleDirectory } from './faulty-bundle.ts';

// No power is lost here, and on some disks it takes minutes to be safe from that.
vi.mock('node:fs', async (original) => ({ ...(await original<object>()), fsyncSync: () => {} }));

const dir = temporaryDirectory();
let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ dir, firstBackoffMs: 1 });
});
afterAll(() => cloud?.close());

const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(2 ** 32));

/**
 * Publishes the changes of assets, each presigned and registered, to a bus that fails 5 % of what it is asked, until none
 * is left. Some are written over the SDK meanwhile; the others' changes are in the table's stream before.
 */
async function publishUnderFaults(assets: number, written = 0) {
  const seen = cloud.bus.events().length;
  const faults = new RandomFaults({ rate: 0.05, seed: SEED });
  const idle = injectFaults(cloud.services.eventbridge, faults.choose);
  const writer = new AssetWriter(cloud);
  const start = performance.now();
  writer.streamMany(assets - written);
  await writer.writeMany(written);
  await expect.poll(() => writer.log.undelivered().length, { timeout: 240_000, interval: 200 }).toBe(0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  writer.close();
  await idle();
  vi.restoreAllMocks();
  const deliveries = cloud.bus.events().slice(seen);
  const tally = tallyDeliveries(
    writer.changes,
    deliveries.map(({ detail }) => detail as unknown as DatasetEvent),
  );
  return {
    tally,
    report: { assets, 'written over the SDK': written, ...tally, ...faults.counts, seconds, seed: SEED },
  };
}

test('10,000 assets under 5 % faults: no event is lost, made up, or out of its asset’s order', async () => {
  const { tally, report } = await publishUnderFaults(10_000, 10_000);
  console.table(report);
  expect(tally).toMatchObject({ changes: 20_000, lost: 0, unknown: 0, outOfOrder: 0 });
  // Else no fault came after the bus had taken an event.
  expect(tally.duplicates).toBeGreaterThan(0);
  expect([...cloud.services.sqs.queues.values()].flatMap((queue) => queue.messages())).toEqual([]);
}, 300_000);

test.each<[string, keyof DeliveryTally, text: string, bug: string]>([
  [
    'takes what the bus refused for published',
    'lost',
    'if (result?.EventId !== undefined) return undefined;',
    'return undefined;',
  ],
  ['puts an asset twice in a call', 'outOfOrder', 'turnOf.get(change.asset) ?? 0', '0'],
  [
    'gives an event another id with each attempt',
    'unknown',
    'JSON.stringify(event)',
    'JSON.stringify({ ...event, event_id: crypto.randomUUID() })',
  ],
])('a publisher that %s is found out: %s', async (_, count, text, bug) => {
  await breakBundle(bundleDirectory(dir, 'publish-events'), 'publish-events', [
    ['core/events/event-sender.ts', text, bug],
  ]);
  await cloud.functions.kill('publish-events');
  const { tally } = await publishUnderFaults(300);
  expect(tally[count]).toBeGreaterThan(0);
});
