import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toDatasetEvent } from '#core/events/change-event';
import { AwsError } from '../../local/http/aws-error.ts';
import { deletedRecord, presignedRecord, registeredRecord } from '../support/asset-records.ts';
import { FAILURE_BUCKET, roleArn, startAws, type TestAws } from '../support/aws.ts';
import { removalRecord, streamRecord } from '../support/stream-record.ts';
import { idOf, lifecycle, waiting } from './redrive/waiting.ts';

let aws: TestAws;
let held: ReturnType<typeof waiting>;
let children: ChildProcess[];

beforeEach(async () => {
  aws = await startAws({ as: 'administrator' });
  held = waiting(aws);
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  vi.restoreAllMocks();
  await aws.close();
});

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [resolve('scripts/events-redrive.ts'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (printed.stdout += text));
  child.stderr.on('data', (text) => (printed.stderr += text));
  return { child, exited: once(child, 'close').then(([code]) => ({ code, ...printed })) };
}

const STACK = ['--stack', 'NexusRawStorage-dev'];
const run = (args: readonly string[] = [...STACK, '--yes'], env?: Record<string, string>) =>
  start(args, env).exited;

/** Ids of the events on the bus, in order. */
const published = () => aws.bus.events().map(({ detail }) => detail['event_id']);
const bodies = () => aws.queue.messages().map(({ body }) => JSON.parse(body));

/** Whether each message of the queue can be received at once. */
async function allVisible(): Promise<boolean> {
  const received = await aws.queue.receive({ most: 10, hideSeconds: 0 });
  return received.length === aws.queue.messages().length;
}

/** Lets the bus refuse the events of these records, each time. */
function refuse(...records: readonly DynamoDBRecord[]) {
  const put = aws.putEvents.handle.bind(aws.putEvents);
  return vi.spyOn(aws.putEvents, 'handle').mockImplementation(async (input, caller) => {
    const { Entries } = input as { Entries: { Detail: string }[] };
    const results = [];
    for (const entry of Entries) {
      const isRefused = records.some((record) => entry.Detail.includes(String(idOf(record))));
      const [result] = isRefused
        ? [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }]
        : ((await put({ Entries: [entry] }, caller)) as { Entries: object[] }).Entries;
      results.push(result);
    }
    return { FailedEntryCount: 0, Entries: results };
  });
}

/** 12 records in 3 objects, and 2 messages. */
async function holdMuch() {
  const [a, b, c, d, e] = [lifecycle(), lifecycle(), lifecycle(), lifecycle(), lifecycle()];
  const single = () => streamRecord(presignedRecord());
  const [one, two, three, four] = [single(), single(), single(), single()];
  // Later changes come in objects before the earlier ones.
  await held.inBucket(...d, ...e);
  await held.inBucket(b[1], a[1], one, two);
  await held.inBucket(...c, b[0], three);
  held.inQueue(four, a[0]);
  const assets = [a, b, c, d, e];
  return { assets, events: [...assets.flat(), one, two, three, four] };
}

const COUNT = '12 records in 3 objects, 2 messages: 14 events of 9 assets\n';

test('what is held is counted, sent once in each asset’s order, and deleted', async () => {
  const { assets, events } = await holdMuch();
  expect(await run()).toEqual({ code: 0, stdout: `${COUNT}Sent 14 events.\n`, stderr: '' });
  expect([...published()].sort()).toEqual(events.map(idOf).sort());
  for (const [presigned, registered] of assets) {
    expect(published().indexOf(idOf(presigned))).toBeLessThan(published().indexOf(idOf(registered)));
  }
  expect(held.objects()).toEqual([]);
  expect(bodies()).toEqual([]);
  expect(await run()).toEqual({ code: 0, stdout: 'Nothing is held.\n', stderr: '' });
});

test('an event is what publish-events would have made of the record', async () => {
  const presigned = presignedRecord();
  await held.inBucket(streamRecord(presigned));
  await run();
  expect(aws.bus.events()).toMatchObject([
    {
      source: 'nexus.raw-storage',
      'detail-type': 'raw_asset_presigned',
      time: presigned.outbox.occurred_at.replace(/\.\d+/, ''),
      detail: { ...presigned.outbox, asset: presigned.asset, schema_version: '1.0' },
    },
  ]);
});

test('what Time to Live has removed is told as publish-events would have, after the changes before it', async () => {
  const [presigned, other] = [presignedRecord(), presignedRecord()];
  const registered = registeredRecord(presigned);
  const deleted = deletedRecord(registered);
  const deletion = streamRecord(deleted, registered);
  const removals = [removalRecord(deleted), removalRecord(other)] as const;
  await held.inBucket(removals[0]);
  held.inQueue(removals[1], deletion);
  expect(await run()).toMatchObject({
    code: 0,
    stdout: '1 record in 1 object, 2 messages: 3 events of 2 assets\nSent 3 events.\n',
  });
  const details = aws.bus.events().map(({ detail }) => detail);
  const ofAsset = (id: string) => details.filter(({ asset_id }) => asset_id === id);
  const told = [toDatasetEvent(deletion), toDatasetEvent(removals[0])];
  expect(ofAsset(presigned.asset.asset_id)).toEqual(JSON.parse(JSON.stringify(told)));
  expect(ofAsset(other.asset.asset_id)).toEqual(JSON.parse(JSON.stringify([toDatasetEvent(removals[1])])));
  expect([held.objects(), bodies()]).toEqual([[], []]);
});

test('--dry-run counts, changes nothing and leaves nothing hidden', async () => {
  await holdMuch();
  expect(await run([...STACK, '--dry-run'])).toEqual({ code: 0, stdout: COUNT, stderr: '' });
  expect(published()).toEqual([]);
  expect(held.objects()).toHaveLength(3);
  expect(bodies()).toHaveLength(2);
  expect(await allVisible()).toBe(true);
});

test('places are found by name too', async () => {
  await held.inBucket(...lifecycle());
  const queue = `${aws.url}/000000000000/poison-queue`;
  const args = ['--bus', 'event-bus', '--bucket', FAILURE_BUCKET, '--queue', queue, '--yes'];
  expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Sent 2 events.') });
});

describe('what fails', () => {
  test('stays, holds back the later events of its asset wherever they are, and is sent when it can be', async () => {
    const [one, two, three] = [lifecycle(), lifecycle(), lifecycle()];
    await held.inBucket(one[1], two[0]);
    await held.inBucket(two[1], three[1]);
    held.inQueue(one[0], three[0]);
    const [mixed, other] = held.objects();
    const fault = refuse(one[0]);
    const { code, stdout, stderr } = await run();
    expect({ code, sent: published() }).toEqual({
      code: 1,
      sent: [two[0], three[0], two[1], three[1]].map(idOf),
    });
    expect(stdout).toMatch(/\nSent 4 events\.\n$/);
    const [message] = aws.queue.messages();
    expect(stderr).toBe(
      `ThrottlingException: Rate exceeded: ${message?.id}\n` +
        `held back by an earlier event: ${mixed}\n` +
        'What stays: 2 records in 1 object, 1 message: 2 events of 1 asset\n',
    );
    expect(held.objects()).toEqual([mixed]);
    expect(other).not.toBe(mixed);
    expect(bodies().map(({ record }) => record)).toEqual([one[0]]);
    expect(await allVisible()).toBe(true);

    fault.mockRestore();
    expect((await run()).code).toBe(0);
    expect(published().slice(4)).toEqual([one[0], two[0], one[1]].map(idOf));
    expect([held.objects(), bodies()]).toEqual([[], []]);
  });

  test('for good stays in its queue as it was, with its reason', async () => {
    const [broken, later] = lifecycle();
    if (broken.dynamodb?.NewImage) broken.dynamodb.NewImage['filename'] = { N: '1' };
    held.inQueue(broken);
    await held.inBucket(later, streamRecord(presignedRecord()));
    const before = bodies();
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ValiError: .+: [0-9a-f-]{36}\nheld back by an earlier event: aws\/lambda\/.+\nWhat stays: /,
    );
    expect(published()).toHaveLength(1);
    expect(bodies()).toEqual(before);
    expect(held.objects()).toHaveLength(1);
  });

  test('with the whole call is one line', async () => {
    await held.inBucket(...lifecycle(), ...lifecycle());
    vi.spyOn(aws.putEvents, 'handle').mockRejectedValue(
      new AwsError(400, 'AccessDeniedException', 'no\n    at all'),
    );
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(0, -1)).toEqual([
      expect.stringMatching(/^AccessDeniedException: no at all: aws\/lambda\//),
      expect.stringMatching(/^held back by/),
      'What stays: 4 records in 1 object: 4 events of 2 assets',
    ]);
  });

  test('to be deleted is sent, and said to stay', async () => {
    await held.inBucket(streamRecord(presignedRecord()));
    vi.spyOn(aws.store, 'remove').mockRejectedValue(new AwsError(403, 'AccessDenied', 'Access Denied'));
    const { code, stdout, stderr } = await run();
    expect({ code, sent: published().length }).toEqual({ code: 1, sent: 1 });
    expect(stdout).toMatch(/Sent 1 event\.\n$/);
    expect(stderr).toMatch(
      /^sent, but not deleted: AccessDenied: Access Denied: aws\/lambda\/.+\nWhat stays: 1 record in 1 object: 0 events of 0 assets\n$/,
    );
  });
});

test('a change that two places hold is sent once, and deleted from both', async () => {
  const [presigned, registered] = lifecycle();
  await held.inBucket(presigned, registered);
  held.inQueue(presigned, presigned);
  expect(await run()).toMatchObject({
    code: 0,
    stdout: '2 records in 1 object, 2 messages: 2 events of 1 asset\nSent 2 events.\n',
  });
  expect(published()).toEqual([presigned, registered].map(idOf));
  expect([held.objects(), bodies()]).toEqual([[], []]);
});

test('records that make no event are done with', async () => {
  const presigned = presignedRecord();
  const renewed = streamRecord({ ...presigned, ttl: 1 }, presigned);
  const { NewImage: _, ...dynamodb } = streamRecord(presigned, presigned).dynamodb ?? {};
  await held.inBucket(renewed, { eventName: 'REMOVE', dynamodb });
  expect(await run()).toEqual({
    code: 0,
    stdout: '2 records in 1 object: 0 events of 0 assets\nSent 0 events.\n',
    stderr: '',
  });
  expect(held.objects()).toEqual([]);
});

test('a poison message that contradicts itself is not sent, and stays', async () => {
  const theirs = { tenant_id: { S: 't_other' } };
  const elsewhere = { key: { S: 'tenants/t_other/dev/raw/1/a.txt' } };
  const moved = { uri: { S: 's3://bucket/tenants/t_other/dev/raw/1/a.txt' } };
  const records = [theirs, elsewhere, moved].map((change) => {
    const record = streamRecord(presignedRecord());
    Object.assign(record.dynamodb?.NewImage ?? {}, change);
    return record;
  });
  const swapped = streamRecord(presignedRecord());
  Object.assign(swapped.dynamodb ?? {}, { Keys: { pk: { S: 't_other#dev#1' } } });
  held.inQueue(...records, swapped);
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr).toMatch(/pk is not that of the tenant, env and asset: .*, .*/);
  expect(stderr).toContain('asset.key is not that of the tenant, env and asset');
  expect(stderr).toContain('asset.uri is not that of the tenant, env and asset');
  expect(published()).toEqual([]);
  expect(bodies()).toHaveLength(4);
});

test('what is none of ours is left alone', async () => {
  aws.queue.send('hello');
  aws.queue.send('{"record":{}}');
  const staged = aws.store.stage();
  staged.write(Buffer.from('{"payload":"{}"}'));
  const key = 'aws/lambda/mapping/other';
  const object = { bucket: FAILURE_BUCKET, key, headers: {}, keepsSha256: false };
  await aws.store.commit(staged, await staged.seal(), object);
  await held.inBucket(...lifecycle());
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr.match(/^not to be read: /gm)).toHaveLength(3);
  expect(published()).toHaveLength(2);
  expect(held.objects()).toEqual([key]);
  expect(aws.queue.messages()).toHaveLength(2);
  expect(await allVisible()).toBe(true);
});

test('Ctrl-C ends it after the call under way; a second run sends the rest', async () => {
  const events = Array.from({ length: 40 }, () => streamRecord(presignedRecord()));
  for (const event of events) await held.inBucket(event);
  const put = aws.putEvents.handle.bind(aws.putEvents);
  vi.spyOn(aws.putEvents, 'handle').mockImplementation(async (input, caller) => {
    await sleep(300);
    return put(input, caller);
  });
  const { child, exited } = start([...STACK, '--yes']);
  await expect.poll(() => published().length, { timeout: 20_000, interval: 20 }).toBe(10);
  child.kill('SIGINT');
  const { code, stderr } = await exited;
  expect(code).toBe(1);
  const sent = published().length;
  expect(sent).toBeLessThan(40);
  expect(held.objects()).toHaveLength(40 - sent);
  expect(stderr).toMatch(
    new RegExp(`^interrupted: .+, and ${40 - sent - 5} more\nWhat stays: ${40 - sent} records`),
  );
  expect((await run()).code).toBe(0);
  expect([...published()].sort()).toEqual(events.map(idOf).sort());
});

describe('is refused in one line, and nothing is done,', () => {
  const queue = 'http://127.0.0.1/000000000000/poison-queue';
  const places = (other: Record<string, string>) =>
    Object.entries({ bus: 'event-bus', bucket: FAILURE_BUCKET, ...other }).flatMap(([name, value]) => [
      `--${name}`,
      value,
    ]);

  test.each([
    ['without a place', ['--yes'], 'Give --stack NexusRawStorage-dev, or --bus, --bucket and --queue'],
    ['without a terminal or --yes', STACK, 'There is no terminal to ask on: give --yes, or --dry-run'],
  ])('%s', async (_, args, message) => {
    await holdMuch();
    const stderr = `events:redrive: ${message} (--help lists the options)\n`;
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr });
    expect(published()).toEqual([]);
  });

  test.each([
    ['another stack', ['--stack', 'Other'], 'ValidationError: Stack with id Other does not exist'],
    [
      'another bus',
      places({ bus: 'other', queue }),
      'ResourceNotFoundException: Event bus other does not exist.',
    ],
    [
      'another bucket',
      places({ bucket: 'other', queue }),
      'NoSuchBucket: The specified bucket does not exist.',
    ],
    [
      'another queue',
      places({ queue: 'http://127.0.0.1/1/other' }),
      'QueueDoesNotExist: The specified queue',
    ],
  ])('for %s', async (_, args, message) => {
    await holdMuch();
    const { code, stderr } = await run([
      ...args.map((arg) => arg.replace(/^http:\/\/127\.0\.0\.1\//, `${aws.url}/`)),
      '--yes',
    ]);
    expect({ code, lines: stderr.match(/\n/g)?.length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toContain(`events:redrive: ${message}`);
    expect(published()).toEqual([]);
    expect([held.objects().length, bodies().length]).toEqual([3, 2]);
    expect(await allVisible()).toBe(true);
  });

  test('to who may not', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = aws.iam.credentialsOf(
      roleArn('publish-events-role'),
    );
    const { code, stderr } = await run([...STACK, '--yes'], {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^events:redrive: AccessDenied: User: \S+ is not authorized to perform: cloudformation:DescribeStacks .+\n$/,
    );
    expect(stderr).not.toContain(secretAccessKey);
  });

  test('while AWS is out of reach', async () => {
    const { code, stderr } = await run([...STACK, '--yes'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'events:redrive: connect ECONNREFUSED 127.0.0.1:1\n',
    });
  });
});

test('--help says how', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const flag of ['--stack', '--bus', '--bucket', '--queue', '--dry-run', '--yes'])
    expect(stdout).toContain(flag);
});
