import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../../local/cloud.ts';
import { loadSubscriber } from '../../../local/dev/subscribers.ts';
import type { Table } from '../../../local/dynamodb/table.ts';
import { AwsError } from '../../../local/http/aws-error.ts';
import { REGION } from '../../../local/template/account.ts';
import { Client, eventsOf } from '../../e2e/client.ts';

const FUNCTION = 'count-lines';

let cloud: Cloud;
let client: Client;
let bus: EventBridgeClient;
let documents: DynamoDBDocumentClient;
const logged: { function: string; message: Record<string, unknown> }[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    subscribers: [await loadSubscriber('examples/subscriber/handler.ts')],
    firstBackoffMs: 1,
    log: (line) => logged.push(JSON.parse(line)),
  });
  client = await Client.for(cloud);
  const config = { endpoint: cloud.awsUrl, region: REGION, credentials: cloud.iam.administrator };
  bus = new EventBridgeClient(config);
  documents = DynamoDBDocumentClient.from(new DynamoDBClient(config));
});
afterAll(async () => {
  bus?.destroy();
  documents?.destroy();
  await cloud?.close();
});
afterEach(() => void vi.restoreAllMocks());

interface Uploaded {
  readonly form: PresignResponse;
  readonly event: DatasetEvent;
}

async function upload(text: string): Promise<Uploaded> {
  const { body } = await client.presign({ filename: 'a b.csv' });
  const form = body as unknown as PresignResponse;
  expect((await client.upload(form, text)).status).toBe(201);
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(200);
  const registered = () =>
    eventsOf(cloud, form.asset_id).find(({ event_type }) => event_type === 'raw_asset_registered');
  await expect.poll(registered).toBeDefined();
  return { form, event: registered() as DatasetEvent };
}

/** What the function has logged of an event. */
const linesOf = ({ event_id }: DatasetEvent) =>
  logged.filter((line) => line.function === FUNCTION && line.message['event_id'] === event_id);
const messagesOf = (event: DatasetEvent) => linesOf(event).map(({ message }) => message['message']);

const put = (event: DatasetEvent) =>
  bus.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: cloud.names.bus,
          Source: 'nexus.raw-storage',
          DetailType: event.event_type,
          Detail: JSON.stringify(event),
        },
      ],
    }),
  );

const resultOf = async ({ event_id }: DatasetEvent) =>
  (await documents.send(new GetCommand({ TableName: 'results', Key: { event_id } }))).Item;

const failures = () => cloud.services.sqs.queues.get('failures')?.messages() ?? [];

test('a file’s lines are counted once it is registered, in one line of its log and one record', async () => {
  const { event } = await upload('a\nb\nc\n');
  await expect.poll(() => messagesOf(event)).toEqual(['lines counted']);
  const { event_id, tenant_id, asset_id } = event;
  expect(linesOf(event)[0]?.message).toEqual({
    message: 'lines counted',
    event_id,
    tenant_id,
    asset_id,
    lines: 3,
  });
  const result = await resultOf(event);
  expect(result).toEqual({ event_id, tenant_id, asset_id, lines: 3, expires_at: expect.any(Number) });
  const days = (result?.['expires_at'] - Date.now() / 1000) / 86_400;
  expect(days).toBeGreaterThan(119);
  // Of the other type of event it is not told.
  expect(linesOf({ event_id: eventsOf(cloud, asset_id)[0]?.event_id } as DatasetEvent)).toEqual([]);
});

test('the same event again changes nothing', async () => {
  const { event } = await upload('a\n');
  await expect.poll(() => messagesOf(event)).toEqual(['lines counted']);
  const before = await resultOf(event);
  await put(event);
  await put(event);
  await expect.poll(() => messagesOf(event)).toEqual(['lines counted', 'counted before', 'counted before']);
  expect(await resultOf(event)).toEqual(before);
});

test('what is read is the version that was registered, whatever is current', async () => {
  const { form, event } = await upload('one\ntwo\n');
  expect((await client.upload(form, 'three lines\n\n\n')).status).toBe(201);
  const later = { ...event, event_id: randomUUID() };
  await put(later);
  await expect.poll(() => messagesOf(later)).toEqual(['lines counted']);
  expect(await resultOf(later)).toMatchObject({ lines: 2 });
});

test('what it fails on three times is in its queue, as Lambda records it', async () => {
  const { event } = await upload('a\n');
  const malformed = { ...event, event_id: randomUUID(), schema_version: '2.0' } as unknown as DatasetEvent;
  const before = failures().length;
  await put(malformed);
  await expect.poll(() => failures().length).toBe(before + 1);
  expect(JSON.parse(failures().at(-1)?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { 'detail-type': 'raw_asset_registered', detail: malformed },
    responsePayload: { errorType: 'DatasetEventError' },
  });
});

/** The points of its work at which the function is killed, and what the next attempt finds. */
const CRASHES: [point: string, crash: () => void, found: string][] = [
  [
    'before it reads the file',
    () => {
      const { functions } = cloud;
      const invoke = functions.invoke.bind(functions);
      let isFirst = true;
      vi.spyOn(functions, 'invoke').mockImplementation((name, payload) => {
        const result = invoke(name, payload);
        if (name === FUNCTION && isFirst) void kill();
        isFirst &&= name !== FUNCTION;
        return result;
      });
    },
    'lines counted',
  ],
  [
    'when it has read the file, before the result is kept',
    () =>
      vi.spyOn(results(), 'handle').mockImplementationOnce(async () => {
        await kill();
        throw new AwsError(503, 'ServiceUnavailable', 'Nobody is there to hear it.');
      }),
    'lines counted',
  ],
  [
    'when the result is kept, before it hears of that',
    () => {
      const handle = results().handle.bind(results());
      vi.spyOn(results(), 'handle').mockImplementationOnce(async (operation, input) => {
        const output = await handle(operation, input);
        await kill();
        return output;
      });
    },
    'counted before',
  ],
];

const kill = vi.fn(() => cloud.functions.kill(FUNCTION));
const results = () => cloud.services.dynamodb.tables.get('results') as Table;

test.each(CRASHES)('killed %s, it counts once all the same', async (_, crash, found) => {
  kill.mockClear();
  crash();
  const { event } = await upload('a\nb\n');
  await expect.poll(() => messagesOf(event), { timeout: 10_000 }).toEqual([found]);
  expect(kill).toHaveBeenCalledOnce();
  expect(await resultOf(event)).toMatchObject({ event_id: event.event_id, lines: 2 });
});

test('a replay delivers the same events again, and nothing is counted twice', async () => {
  const { event } = await upload('a\nb\nc\nd\n');
  await expect.poll(() => messagesOf(event)).toEqual(['lines counted']);
  const before = await resultOf(event);
  const invoked = vi.spyOn(cloud.functions, 'invoke');
  const response = await fetch(`${cloud.apiUrl}/_local/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'raw_asset_registered', from: event.occurred_at.replace(/\.\d+/, '') }),
  });
  const { replay_name, events, deliveries } = (await response.json()) as Record<string, unknown>;
  expect(events).toBeGreaterThan(0);
  expect(deliveries).toBe(events);
  await expect.poll(() => messagesOf(event)).toEqual(['lines counted', 'counted before']);
  expect(await resultOf(event)).toEqual(before);
  const envelopes = invoked.mock.calls.map(([, payload]) => payload as { detail: DatasetEvent });
  expect(envelopes.find(({ detail }) => detail.event_id === event.event_id)).toMatchObject({
    'replay-name': replay_name,
    detail: event,
  });
});
