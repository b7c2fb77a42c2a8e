import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { replay } from '../../../local/dev/replay.ts';
import type { StoredEvent } from '../../../local/eventbridge/put-events.ts';
import type { DeliveredEvent } from '../../../local/eventbridge/rules.ts';
import { type LoopbackServer, listenOnLoopback } from '../../../local/http/loopback-server.ts';

const event = (id: string, type: string, tenant_id: string, time: string): StoredEvent => ({
  version: '0',
  id,
  'detail-type': type,
  source: 'nexus.raw-storage',
  account: '000000000000',
  time,
  region: 'us-east-1',
  resources: [],
  detail: { event_id: `event-${id}`, tenant_id },
});

const kept = [
  event('1', 'raw_asset_presigned', 't_a', '2026-01-31T11:59:59Z'),
  event('2', 'raw_asset_registered', 't_a', '2026-01-31T12:00:00Z'),
  event('3', 'raw_asset_presigned', 't_b', '2026-01-31T12:00:01Z'),
  event('4', 'raw_asset_registered', 't_b', '2026-01-31T12:00:02Z'),
];
let delivered: DeliveredEvent[] = [];
let server: LoopbackServer;

beforeAll(async () => {
  server = await listenOnLoopback(0);
  const archive = {
    events: () => kept,
    deliver: (event: DeliveredEvent) => delivered.push(event) && 2,
  };
  server.serve((request, response) => replay(archive, request, response));
});
afterAll(() => server.close());
beforeEach(() => {
  delivered = [];
});

const ask = (body: string) => fetch(server.url, { method: 'POST', body });

test.each([
  ['all', {}, '1234'],
  ['of a type', { type: 'raw_asset_registered' }, '24'],
  ['of a tenant', { tenant_id: 't_b' }, '34'],
  ['from a time on, that one included', { from: '2026-01-31T12:00:00Z' }, '234'],
  ['up to a time, that one not', { to: '2026-01-31T12:00:02Z' }, '123'],
  ['between times, of any offset', { from: '2026-01-31T13:00:00+01:00', to: '2026-01-31T12:00:01.5Z' }, '23'],
  ['of all at once', { type: 'raw_asset_presigned', tenant_id: 't_a', to: '2026-02-01T00:00:00Z' }, '1'],
  ['that there are none of', { tenant_id: 't_c' }, ''],
])('delivers the kept events again: %s', async (_, request, ids) => {
  const response = await ask(JSON.stringify(request));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    replay_name: expect.stringMatching(/^replay-[0-9a-f-]{36}$/),
    events: ids.length,
    deliveries: 2 * ids.length,
  });
  expect(delivered.map(({ id }) => id).join('')).toBe(ids);
});

test('an event is the same again, with the replay’s name in its envelope', async () => {
  const first = (await (await ask('{"tenant_id":"t_a"}')).json()) as { replay_name: string };
  expect(delivered).toEqual(
    kept.slice(0, 2).map((event) => ({ ...event, 'replay-name': first.replay_name })),
  );
  const second = (await (await ask('{}')).json()) as { replay_name: string };
  expect(second.replay_name).not.toBe(first.replay_name);
});

test.each([
  ['no JSON', '{', '', 'is not a JSON object'],
  ['nothing', '', '', 'is not a JSON object'],
  ['a list', '[]', '', 'is not a JSON object'],
  ['another type', '{"type":"raw_asset_lost"}', 'type', /^is none of raw_asset_presigned, /],
  ['a tenant that is none', '{"tenant_id":"a/b"}', 'tenant_id', 'is not a tenant id'],
  ['a time that is none', '{"from":"yesterday"}', 'from', /^is not a time such as/],
  ['a day', '{"to":"2026-01-31"}', 'to', /^is not a time such as/],
  ['another field', '{"since":"2026-01-31T12:00:00Z"}', 'since', /^there is no such name; there are type,/],
])('refuses %s with a problem', async (_, body, path, message) => {
  const response = await ask(body);
  expect(response.status).toBe(422);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toEqual({
    type: 'urn:nexus:raw-storage:problem:invalid_request',
    title: expect.any(String),
    status: 422,
    detail: expect.any(String),
    code: 'invalid_request',
    request_id: expect.any(String),
    errors: [{ path, message: expect.stringMatching(message) }],
  });
  expect(delivered).toEqual([]);
});
