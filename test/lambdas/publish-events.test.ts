import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatasetEvent } from '#contract/events';
import { parseJson } from '#contract/json';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { AwsError } from '../../local/http/aws-error.ts';
import { deletedRecord, presignedRecord, registeredRecord } from '../support/asset-records.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { injectFaults } from '../support/put-events-faults.ts';
import { removalRecord } from '../support/stream-record.ts';

interface PutEvents {
  Entries: { Detail: string; DetailType: string; Source: string }[];
}

let aws: TestAws;
let handler: typeof import('../../lambdas/publish-events.ts')['handler'];
let sequence = 0;
let seen = 0;
/** What the function has written for CloudWatch, by metric. */
let metrics: Record<string, number[]> = {};

beforeAll(async () => {
  aws = await startAws({ as: 'publish-events' });
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  ({ handler } = await import('../../lambdas/publish-events.ts'));
});

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  metrics = {};
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    const { _aws, FunctionName, ...values } = JSON.parse(String(line));
    metrics = { ...metrics, ...values };
    return true;
  });
  seen = aws.bus.events().length;
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => aws.close());

const image = (record: AssetRecord) => marshall(toItem(record)) as Record<string, AttributeValue>;

/** A record of the table's stream: an insertion, or with `previous` a change. */
function change(record: AssetRecord, previous?: AssetRecord): DynamoDBRecord & { seq: string } {
  const seq = String(++sequence).padStart(21, '0');
  return {
    seq,
    eventName: previous ? 'MODIFY' : 'INSERT',
    dynamodb: {
      Keys: { pk: { S: partitionKey(record.asset) } },
      NewImage: image(record),
      ...(previous && { OldImage: image(previous) }),
      SequenceNumber: seq,
    },
  };
}

/** Both changes of one asset. */
function lifecycle() {
  const presigned = presignedRecord();
  const registered = registeredRecord(presigned);
  return { presigned, registered, records: [change(presigned), change(registered, presigned)] as const };
}

const publish = async (records: readonly DynamoDBRecord[], remainingMs = 60_000) => {
  const answer = await handler({ Records: [...records] }, { getRemainingTimeInMillis: () => remainingMs });
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

/** Ids of the events put on the bus by this test, in order. */
const published = () =>
  aws.bus
    .events()
    .slice(seen)
    .map(({ detail }) => detail['event_id']);
const idOf = (record: DynamoDBRecord | undefined) => record?.dynamodb?.NewImage?.['event_id']?.S;

type Refusal = readonly [record: DynamoDBRecord | undefined, code: string];

/** Lets the bus refuse the events of records, the first `times` calls that any of them is in. */
function refuse(refusals: readonly Refusal[], times = Number.POSITIVE_INFINITY): void {
  let left = times;
  injectFaults(aws.services.eventbridge, (entries) => {
    const codes = entries.flatMap(({ Detail = '' }, index) =>
      refusals
        .filter(([record]) => Detail.includes(String(idOf(record))))
        .map(([, code]) => [index, code] as const),
    );
    if (codes.length === 0 || left-- <= 0) return undefined;
    return { kind: 'partial', codes: Object.fromEntries(codes) };
  });
}

/** How many entries each call has from now on. */
function callSizes(): () => number[] {
  const put = vi.spyOn(aws.putEvents, 'handle');
  return () => put.mock.calls.map(([input]) => (input as PutEvents).Entries.length);
}

describe('a change', () => {
  it('is told of by a DatasetEvent, from the image alone', async () => {
    const { presigned, registered, records } = lifecycle();
    expect(await publish(records)).toEqual([]);
    const events = aws.bus.events().slice(seen);
    const common = {
      schema_version: '1.0',
      tenant_id: 't_acme',
      env: 'dev',
      user_id: 'user-1',
      request_id: 'request-1',
      trace_id: '1-67891233-abcdef012345678912345678',
      asset_type: 'raw_asset',
      asset_id: presigned.asset.asset_id,
    };
    expect(events.map(({ source, detail, ...event }) => [source, event['detail-type'], detail])).toEqual([
      [
        'nexus.raw-storage',
        'raw_asset_presigned',
        { ...common, ...presigned.outbox, asset: presigned.asset },
      ],
      [
        'nexus.raw-storage',
        'raw_asset_registered',
        { ...common, ...registered.outbox, asset: registered.asset },
      ],
    ]);
    for (const { detail } of events) expect(v.is(DatasetEvent, detail)).toBe(true);
  });

  it('that makes no event is passed over: a renewed window, a noted version, a removal that is not Time to Live’s', async () => {
    const { presigned } = lifecycle();
    const removal: DynamoDBRecord = { eventName: 'REMOVE', dynamodb: { OldImage: image(presigned) } };
    const renewed = change({ ...presigned, ttl: 1 }, presigned);
    const noted = change({ ...presigned, arrived: 'v1' }, presigned);
    expect(await publish([renewed, noted, removal])).toEqual([]);
    expect(published()).toEqual([]);
  });

  it('that Time to Live made is told, each time by the same event_id', async () => {
    const { presigned, registered } = lifecycle();
    const removals = [presigned, deletedRecord(registered)].map((record) => removalRecord(record));
    expect(await publish(removals)).toEqual([]);
    expect(await publish(removals)).toEqual([]);
    const details = aws.bus
      .events()
      .slice(seen)
      .map(({ detail }) => detail);
    expect(details.map(({ event_type }) => event_type)).toEqual([
      'raw_asset_expired',
      'raw_asset_purged',
      'raw_asset_expired',
      'raw_asset_purged',
    ]);
    expect(details.slice(2)).toEqual(details.slice(0, 2));
  });

  it('carries metadata to the letter', async () => {
    const put = vi.spyOn(aws.putEvents, 'handle');
    const metadata = parseJson('{"n":12345678901234567890}') as Record<string, unknown>;
    const presigned = presignedRecord();
    await publish([change(registeredRecord(presigned, metadata), presigned)]);
    const [input] = put.mock.calls[0] ?? [];
    expect((input as PutEvents).Entries[0]?.Detail).toContain('{"n":12345678901234567890}');
  });

  it('fits, ten to a call, though every field is as long as it may be', async () => {
    const presigned = Array.from({ length: 10 }, () =>
      presignedRecord({
        tenant_id: `t_${'a'.repeat(60)}`,
        env: 'staging',
        filename: '\u{1F4A9}'.repeat(63),
        content_type: `a/${'b'.repeat(253)}`,
        bucket: 'b'.repeat(63),
      }),
    );
    const metadata = { a: 'x'.repeat(16 * 1024 - 8) };
    expect(await publish(presigned.map((one) => change(registeredRecord(one, metadata), one)))).toEqual([]);
    expect(published()).toHaveLength(10);
  });
});

describe('calls', () => {
  it('hold at most ten entries, and no asset twice', async () => {
    const sizes = callSizes();
    const many = Array.from({ length: 23 }, () => change(presignedRecord()));
    const { records } = lifecycle();
    expect(await publish([...many, ...records])).toEqual([]);
    expect(sizes()).toEqual([10, 10, 4, 1]);
    expect(published()).toEqual([...many, ...records].map(idOf));
  });

  it('are few, though each asset is presigned and registered before the next', async () => {
    const sizes = callSizes();
    const assets = Array.from({ length: 10 }, () => lifecycle().records);
    expect(await publish(assets.flat())).toEqual([]);
    expect(sizes()).toEqual([10, 10]);
    for (const [presigned, registered] of assets) {
      expect(published().indexOf(idOf(presigned))).toBeLessThan(published().indexOf(idOf(registered)));
    }
  });
});

describe('what fails for now', () => {
  it.each(['InternalFailure', 'ThrottlingException', 'AccessDeniedException'])(
    'as %s is delivered again, its asset’s later events held back, the rest published',
    async (code) => {
      const [one, two, three] = [lifecycle().records, lifecycle().records, lifecycle().records];
      refuse([
        [one[0], code],
        [three[0], code],
      ]);
      const failed = await publish([one[0], two[0], three[0], one[1], two[1], three[1]]);
      expect(failed).toEqual([one[0].seq, three[0].seq, one[1].seq, three[1].seq]);
      expect(published()).toEqual([idOf(two[0]), idOf(two[1])]);
      expect(aws.queue.messages()).toEqual([]);
    },
  );

  it('with the call taken is sent again by itself', async () => {
    const records = Array.from({ length: 10 }, () => change(presignedRecord()));
    refuse(
      [
        [records[2], 'InternalFailure'],
        [records[6], 'ThrottlingException'],
      ],
      2,
    );
    const sizes = callSizes();
    expect(await publish(records)).toEqual([]);
    expect(sizes()).toEqual([10, 2, 2]);
    const others = records.filter((_, index) => index !== 2 && index !== 6);
    expect(published()).toEqual([...others, records[2], records[6]].map(idOf));
  });

  it('with the whole call is delivered again whole', async () => {
    const records = Array.from({ length: 3 }, () => change(presignedRecord()));
    vi.spyOn(aws.putEvents, 'handle').mockRejectedValueOnce(new AwsError(500, 'InternalException', 'down'));
    expect(await publish(records)).toEqual(records.map(({ seq }) => seq));
    expect(published()).toEqual([]);
    expect(await publish(records)).toEqual([]);
    expect(published()).toEqual(records.map(idOf));
  });

  it('is not taken for published when an answer is missing', async () => {
    const records = [change(presignedRecord()), change(presignedRecord())];
    vi.spyOn(aws.putEvents, 'handle').mockResolvedValueOnce({
      FailedEntryCount: 0,
      Entries: [{ EventId: 'e' }],
    });
    expect(await publish(records)).toEqual([]);
    expect(published()).toEqual([idOf(records[1])]);
  });
});

describe('when time is up', () => {
  it('nothing more is sent, and what is not published is delivered again', async () => {
    const records = Array.from({ length: 30 }, () => change(presignedRecord()));
    let calls = 0;
    const idle = injectFaults(aws.services.eventbridge, () =>
      ++calls === 2 ? { kind: 'slow', ms: 1_500 } : undefined,
    );
    // The first call is answered; while the second is waited for, the last second begins.
    expect(await publish(records, 2_000)).toEqual(records.slice(10).map(({ seq }) => seq));
    expect(calls).toBe(2);
    expect(published()).toEqual(records.slice(0, 10).map(idOf));
    await idle();
  });

  it('nothing is sent at all, where it was before', async () => {
    const { records } = lifecycle();
    expect(await publish(records, 0)).toEqual(records.map(({ seq }) => seq));
    expect(published()).toEqual([]);
  });
});

describe('metrics tell', () => {
  it('how old each event is that is put on the bus, and nothing of others', async () => {
    const [young, old, held] = [presignedRecord(), presignedRecord(), presignedRecord()];
    const occurred_at = new Date(Date.now() - 60_000).toISOString();
    const records = [young, { ...old, outbox: { ...old.outbox, occurred_at } }, held].map((one) =>
      change(one),
    );
    refuse([[records[2], 'ThrottlingException']]);
    await publish(records);
    expect(metrics['EventAge']).toEqual([expect.any(Number), expect.any(Number)]);
    const [first = -1, second = -1] = metrics['EventAge'] ?? [];
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(30_000);
    expect(second - first).toBeGreaterThan(50_000);
  });

  it('how many entries the bus did not take: not those held back, nor those that it never will', async () => {
    const { records } = lifecycle();
    const others = Array.from({ length: 3 }, () => change(presignedRecord()));
    refuse([
      [records[0], 'ThrottlingException'],
      [others[0], 'InternalFailure'],
      [others[1], 'MalformedDetail'],
    ]);
    await publish([records[0], ...others, records[1]]);
    expect(metrics['FailedEntries']).toEqual([2]);
    metrics = {};
    vi.mocked(aws.putEvents.handle).mockRestore();
    await publish(records);
    expect(Object.keys(metrics)).toEqual(['EventAge']);
  });
});

describe('what can never be published', () => {
  const buried = () => aws.queue.messages().map(({ body }) => JSON.parse(body));

  it('goes whole to the poison queue, and the rest goes on', async () => {
    const before = buried().length;
    const records = Array.from({ length: 3 }, () => change(presignedRecord()));
    refuse([[records[1], 'MalformedDetail']]);
    expect(await publish(records)).toEqual([]);
    expect(published()).toEqual([idOf(records[0]), idOf(records[2])]);
    expect(buried().slice(before)).toEqual([
      {
        reason: { error: 'MalformedDetail', detail: 'An injected fault.' },
        record: records[1],
        entry: expect.objectContaining({
          Source: 'nexus.raw-storage',
          Detail: expect.stringContaining(String(idOf(records[1]))),
        }),
      },
    ]);
  });

  it('may be an image that tells of no event', async () => {
    const before = buried().length;
    const broken = change(presignedRecord());
    if (broken.dynamodb?.NewImage) broken.dynamodb.NewImage['filename'] = { N: '1' };
    const good = change(presignedRecord());
    expect(await publish([broken, good])).toEqual([]);
    expect(published()).toEqual([idOf(good)]);
    expect(buried().slice(before)).toMatchObject([{ record: broken, reason: { error: 'ValiError' } }]);
  });

  it('may be a removal of an item that tells of no event', async () => {
    const before = buried().length;
    const broken = removalRecord(presignedRecord());
    if (broken.dynamodb?.OldImage) broken.dynamodb.OldImage['filename'] = { N: '1' };
    expect(await publish([broken])).toEqual([]);
    expect(published()).toEqual([]);
    expect(buried().slice(before)).toMatchObject([{ record: broken, reason: { error: 'ValiError' } }]);
  });

  it('goes there with the characters that SQS refuses', async () => {
    const before = buried().length;
    const presigned = presignedRecord();
    const record = change(registeredRecord(presigned, { text: '\uFFFE\uFFFF\u0000\u{1F4A9}' }), presigned);
    refuse([[record, 'MalformedDetail']]);
    expect(await publish([record])).toEqual([]);
    expect(buried().slice(before)).toMatchObject([{ record }]);
  });

  it('is found out alone where the bus refuses the call whole', async () => {
    const before = buried().length;
    const records = Array.from({ length: 3 }, () => change(presignedRecord()));
    const refusal = new AwsError(400, 'ValidationException', 'over the limit');
    const handle = aws.putEvents.handle.bind(aws.putEvents);
    vi.spyOn(aws.putEvents, 'handle').mockImplementation(async (input, caller) => {
      const poison = (input as PutEvents).Entries.some(({ Detail }) =>
        Detail.includes(String(idOf(records[1]))),
      );
      if (poison) throw refusal;
      return handle(input, caller);
    });
    expect(await publish(records)).toEqual([]);
    expect(published()).toEqual([idOf(records[0]), idOf(records[2])]);
    expect(buried().slice(before)).toMatchObject([
      { record: records[1], reason: { error: 'ValidationException' } },
    ]);
  });

  it('is delivered again while the queue is out of reach', async () => {
    const records = [change(presignedRecord()), change(presignedRecord())];
    refuse([[records[0], 'MalformedDetail']]);
    vi.spyOn(aws.services.sqs.operations.SendMessage, 'handle').mockRejectedValueOnce(
      new AwsError(500, 'InternalFailure', 'down'),
    );
    expect(await publish(records)).toEqual([records[0]?.seq]);
    expect(published()).toEqual([idOf(records[1])]);
  });
});
