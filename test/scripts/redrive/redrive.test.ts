import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { EventSender } from '#core/events/event-sender';
import { Backlog } from '../../../scripts/redrive/backlog.ts';
import { type Holding, recordsOfMessage, recordsOfObject } from '../../../scripts/redrive/holding.ts';
import { redrive } from '../../../scripts/redrive/redrive.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { idOf, lifecycle } from './waiting.ts';

let aws: TestAws;
let sender: EventSender;
beforeAll(async () => {
  aws = await startAws({ as: 'publish-events' });
  sender = new EventSender(new EventBridgeClient(), 'event-bus');
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => aws.close());

interface Place {
  readonly records: readonly DynamoDBRecord[];
  isDeleted: boolean;
}

/** One run over what is left in these places. */
async function run(places: readonly Place[]) {
  const backlog = new Backlog();
  for (const [index, place] of places.entries()) {
    if (place.isDeleted) continue;
    const holding: Holding = {
      kind: index % 2 === 0 ? 'object' : 'message',
      name: String(index),
      async delete() {
        place.isDeleted = true;
      },
      async release() {},
    };
    const [record] = place.records;
    backlog.add(holding, () =>
      holding.kind === 'object'
        ? recordsOfObject(JSON.stringify({ payload: JSON.stringify({ Records: place.records }) }))
        : recordsOfMessage(JSON.stringify({ record })),
    );
  }
  const signal = new AbortController().signal;
  return redrive({ backlog, sender, signal, onProgress() {} });
}

/** Up to 12 assets, whose changes lie in any order in objects of several and messages of one. */
const scattered = fc
  .integer({ min: 1, max: 12 })
  .chain((assets) => {
    const count = assets * 2;
    return fc.tuple(
      fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: count, maxLength: count }),
      fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 4 }),
    );
  })
  .map(([order, sizes, refused]) => {
    const records = Array.from({ length: order.length / 2 }, lifecycle).flat();
    const rest = order.map((index) => records[index] as DynamoDBRecord);
    const places: Place[] = [];
    for (const size of sizes) {
      const take = places.length % 2 === 0 ? size : 1;
      if (rest.length > 0) places.push({ records: rest.splice(0, take), isDeleted: false });
    }
    return { records, places, refused: refused.map((index) => idOf(records[index] as DynamoDBRecord)) };
  });

test('however the records lie: nothing out of order, nothing deleted too soon, all sent in the end', async () => {
  await fc.assert(
    fc.asyncProperty(scattered, async ({ records, places, refused }) => {
      const before = aws.bus.events().length;
      const onBus = () =>
        aws.bus
          .events()
          .slice(before)
          .map(({ detail }) => detail['event_id']);
      const put = aws.putEvents.handle.bind(aws.putEvents);
      const fault = vi.spyOn(aws.putEvents, 'handle').mockImplementation(async (input, caller) => {
        const { Entries } = input as { Entries: { Detail: string }[] };
        const isRefused = ({ Detail }: { Detail: string }) => refused.includes(JSON.parse(Detail).event_id);
        const taken = Entries.filter((entry) => !isRefused(entry));
        const results = taken.length === 0 ? [] : await put({ Entries: taken }, caller);
        const answers = ((results as { Entries?: object[] }).Entries ?? []).values();
        // Hopeless, so that it is not tried again at once.
        const refusal = { ErrorCode: 'MalformedDetail' };
        return { Entries: Entries.map((entry) => (isRefused(entry) ? refusal : answers.next().value)) };
      });
      const { sent, stays } = await run(places);
      fault.mockRestore();

      const delivered = onBus();
      expect(sent).toBe(delivered.length);
      for (const { records: held, isDeleted } of places) {
        expect(isDeleted).toBe(held.every((record) => delivered.includes(idOf(record))));
      }
      expect(stays.size > 0).toBe(refused.length > 0);
      for (let index = 0; index < records.length; index += 2) {
        const [presigned, registered] = [records[index], records[index + 1]].map((record) =>
          delivered.indexOf(idOf(record as DynamoDBRecord)),
        ) as [number, number];
        if (registered >= 0) expect(presigned).toBeLessThan(registered);
        if (registered >= 0) expect(presigned).toBeGreaterThanOrEqual(0);
      }

      await run(places);
      expect(places.every(({ isDeleted }) => isDeleted)).toBe(true);
      expect(new Set(onBus())).toEqual(new Set(records.map(idOf)));
    }),
    { numRuns: 60 },
  );
});
