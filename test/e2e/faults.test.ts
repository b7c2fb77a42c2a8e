import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import type { AssetRecord } from '#core/assets/asset-record';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { presignedRecord } from '../support/asset-records.ts';
import { AssetWriter } from '../support/asset-writer.ts';
import { tallyDeliveries } from '../support/delivery-tally.ts';
import { injectFaults, type PutEventsFault } from '../support/put-events-faults.ts';

const COMPLETE = { lost: 0, unknown: 0, outOfOrder: 0 };

let cloud: Cloud;
let writer: AssetWriter;
let seen = 0;

beforeAll(async () => {
  cloud = await startCloud({ firstBackoffMs: 1 });
});
beforeEach(() => {
  seen = cloud.bus.events().length;
  writer = new AssetWriter(cloud);
});
afterEach(() => {
  writer.close();
  vi.restoreAllMocks();
});
afterAll(() => cloud?.close());

/** Resolves once publish-events is done with every change. */
const published = () => expect.poll(() => writer.log.undelivered().length, { timeout: 30_000 }).toBe(0);

/** What has been put on the bus by this test, in order. */
const delivered = () =>
  cloud.bus
    .events()
    .slice(seen)
    .map(({ detail }) => detail as unknown as DatasetEvent);
const eventId = ({ outbox }: AssetRecord) => outbox.event_id;
const timesDelivered = (change: AssetRecord) =>
  delivered().filter(({ event_id }) => event_id === eventId(change)).length;

describe('PutEvents', () => {
  test.each<[string, PutEventsFault]>([
    ['fails', { kind: 'fail' }],
    ['fails, though the entries are taken', { kind: 'fail', taken: true }],
    ['is throttled', { kind: 'throttle' }],
  ])('%s, longer than the SDK tries again: the events come all the same, in order', async (_, fault) => {
    let calls = 0;
    injectFaults(cloud.services.eventbridge, () => (++calls <= 4 ? fault : undefined));
    const changes = await writer.write();
    await published();
    expect(calls).toBe(6);
    const events = delivered();
    expect([...new Set(events.map(({ event_id }) => event_id))]).toEqual(changes.map(eventId));
    // What comes again is the same event, to the letter.
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(2);
    expect(events.length).toBe('taken' in fault ? 6 : 2);
  });

  test.each([
    ['InternalFailure', 2],
    // More than one invocation tries.
    ['ThrottlingException', 5],
  ])('refuses entries 3 and 7 of ten with %s, %i times: all come, in order', async (code, times) => {
    const left = new Map<string, number>();
    injectFaults(cloud.services.eventbridge, (entries) => {
      const ids = entries.map(({ Detail = '' }) => String(JSON.parse(Detail).event_id));
      // Not the assets' next events, which must wait although the bus would take them.
      const full = ids.length === 10 && entries[0]?.DetailType === 'raw_asset_presigned';
      for (const index of full ? [2, 6] : []) {
        const id = String(ids[index]);
        left.set(id, left.get(id) ?? times);
      }
      const refused = [...ids.entries()].filter(([, id]) => (left.get(id) ?? 0) > 0);
      for (const [, id] of refused) left.set(id, Number(left.get(id)) - 1);
      return { kind: 'partial', codes: Object.fromEntries(refused.map(([index]) => [index, code])) };
    });
    // Enough for calls of ten, however the assets are shared out.
    writer.streamMany(120);
    await published();
    expect(left.size).toBeGreaterThanOrEqual(2);
    expect(tallyDeliveries(writer.changes, delivered())).toMatchObject(COMPLETE);
  });

  test('answers later than the client waits: it tries again at once, and the same event comes twice', async () => {
    let calls = 0;
    const idle = injectFaults(cloud.services.eventbridge, () =>
      ++calls === 1 ? { kind: 'slow', ms: 4_000 } : undefined,
    );
    const invoke = vi.spyOn(cloud.functions, 'invoke');
    const start = performance.now();
    const [presigned, registered] = await writer.write();
    await published();
    // Of the 60 s that an invocation may take.
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(invoke).toHaveBeenCalledTimes(2);
    await idle();
    expect(timesDelivered(presigned)).toBe(2);
    expect(timesDelivered(registered)).toBe(1);
  });

  test('takes the entries of a publish-events that is gone by then: the next one puts them again', async () => {
    let calls = 0;
    const idle = injectFaults(cloud.services.eventbridge, () =>
      ++calls === 1 ? { kind: 'slow', ms: 1_000 } : undefined,
    );
    const writing = writer.write();
    await expect.poll(() => calls).toBe(1);
    await cloud.functions.kill('publish-events');
    const [presigned, registered] = await writing;
    await published();
    await idle();
    expect(timesDelivered(presigned)).toBe(2);
    expect(timesDelivered(registered)).toBe(1);
  });
});

test('what can never be published goes whole to the poison queue, and all around it is published', async () => {
  const records = new Map<unknown, DynamoDBRecord>();
  const unsubscribe = writer.log.subscribe((record) => {
    records.set(record.dynamodb?.NewImage?.['event_id']?.S, record);
  });
  writer.streamMany(50);
  const broken = writer.stream(presignedRecord({ filename: 1 as unknown as string }));
  const ordinary = presignedRecord();
  const outbox = { ...ordinary.outbox, user_id: 'x'.repeat(300_000) };
  const [large, next] = writer.stream({ ...ordinary, outbox });
  writer.streamMany(50);
  await published();
  unsubscribe();

  const poison = [...broken, large];
  const good = writer.changes.filter((change) => !poison.includes(change));
  expect(good).toContain(next);
  expect(tallyDeliveries(good, delivered())).toMatchObject(COMPLETE);

  const messages = [...cloud.services.sqs.queues.values()].flatMap((queue) => queue.messages());
  const buried = new Map(
    messages.map(({ body }) => [JSON.parse(body).record.dynamodb.NewImage.event_id.S, JSON.parse(body)]),
  );
  expect([...buried.keys()].toSorted()).toEqual(poison.map(eventId).toSorted());
  for (const change of broken) {
    expect(buried.get(eventId(change))).toEqual({
      reason: expect.objectContaining({ error: 'ValiError' }),
      record: records.get(eventId(change)),
    });
  }
  const { reason, record, entry } = buried.get(eventId(large));
  expect(reason).toMatchObject({ error: 'ValidationException' });
  expect(record).toEqual(records.get(eventId(large)));
  expect(JSON.parse(entry.Detail)).toMatchObject({ ...large.outbox, asset: large.asset });
});
