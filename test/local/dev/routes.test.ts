import { EventEmitter } from 'node:events';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIssuer } from '../../../local/dev/issuer.ts';
import { createLocalRoutes } from '../../../local/dev/routes.ts';
import type { StoredEvent } from '../../../local/eventbridge/put-events.ts';
import { type LoopbackServer, listenOnLoopback, sendMessage } from '../../../local/http/loopback-server.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const bus = new EventEmitter();
const kept = [{ n: 1 }, { n: 2 }] as unknown as StoredEvent[];
let server: LoopbackServer;

beforeAll(async () => {
  server = await listenOnLoopback(0);
  const dir = temporaryDirectory();
  const issuer = await openIssuer({ dir, url: server.url, audience: 'nexus-local' });
  const answer = createLocalRoutes(issuer, {
    events: () => kept,
    deliver: () => 0,
    subscribe(listener) {
      bus.on('event', listener);
      return () => bus.off('event', listener);
    },
  });
  server.serve(async (request, response) => {
    if (!(await answer(request, response))) sendMessage(response, 418, 'not local');
  });
});
afterAll(() => server.close());

const token = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/_local/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('the OpenAPI document names this server', async () => {
  const response = await fetch(`${server.url}/_local/openapi.json`);
  expect(await response.json()).toMatchObject({
    openapi: '3.1.1',
    servers: [{ url: server.url }],
    paths: { '/nexus/raw/presign-upload': { post: { operationId: 'presignUpload' } } },
  });
});

const SCOPES = 'raw:read raw:write raw:delete raw:erase';

test('the last events, of one type or tenant, the newest last', async () => {
  const detail = (tenant_id: string) => ({ tenant_id });
  const before = kept.splice(
    0,
    2,
    { 'detail-type': 'a', detail: detail('t_demo') } as unknown as StoredEvent,
    { 'detail-type': 'b', detail: detail('t_demo') } as unknown as StoredEvent,
    { 'detail-type': 'b', detail: detail('t_other') } as unknown as StoredEvent,
  );
  const ask = async (query: string) => {
    const response = await fetch(`${server.url}/_local/events${query}`);
    return [response.status, await response.json()];
  };
  try {
    expect(await ask('?limit=1')).toEqual([200, kept.slice(-1)]);
    expect(await ask('?limit=2')).toEqual([200, kept.slice(-2)]);
    expect(await ask('?type=b&tenant_id=t_demo')).toEqual([200, kept.slice(1, 2)]);
    for (const [query, message] of [
      ['?limit=0', 'limit: is not a number of 1 to 999999'],
      ['?limit=x', 'limit: is not a number of 1 to 999999'],
      ['?tenant_id=/', 'tenant_id: is not a tenant id'],
      ['?since=1', 'since: there is no such name; there are limit, tenant_id, type'],
    ])
      expect(await ask(`${query}`)).toEqual([422, { message }]);
  } finally {
    kept.splice(0, 3, ...before);
  }
});

test('a token for a tenant, with every scope unless told otherwise', async () => {
  const answer = (await (await token({ tenant_id: 't_demo' })).json()) as { access_token: string };
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 43_200, scope: SCOPES });
  const claims = decodeJwt(answer.access_token);
  expect(claims).toMatchObject({
    iss: server.url,
    aud: 'nexus-local',
    tenant_id: 't_demo',
    scope: SCOPES,
  });
  expect(claims).not.toHaveProperty('env');

  const narrow = await token({ tenant_id: 't_demo', env: 'prod', scope: 'raw:read' });
  const narrowClaims = decodeJwt(((await narrow.json()) as { access_token: string }).access_token);
  expect(narrowClaims).toMatchObject({ env: 'prod', scope: 'raw:read' });
});

test.each([
  ['no JSON', '{', 'The body: is not a JSON object'],
  ['no object', '[]', 'The body: is not a JSON object'],
  ['no tenant', {}, 'tenant_id: is missing'],
  ['a tenant that is none', { tenant_id: 'a/b' }, 'tenant_id: is not a tenant id'],
  ['an env that is none', { tenant_id: 't_demo', env: 'QA' }, 'env: is not an env'],
  ['a scope that is no text', { tenant_id: 't_demo', scope: 1 }, 'scope: is not a string'],
  [
    'another field',
    { tenant_id: 't_demo', sub: 'root' },
    'sub: there is no such name; there are tenant_id, env, scope',
  ],
  [
    'too much',
    JSON.stringify({ tenant_id: 't_demo', scope: 'x'.repeat(5000) }),
    'The body: is not a JSON object',
  ],
])('bad input is refused with one line: %s', async (_, body, line) => {
  const response = await token(body);
  const { message } = (await response.json()) as { message: string };
  expect(response.status).toBe(422);
  expect(message).toMatch(/^.+$/);
  expect(message).toBe(line);
});

test('no page of another origin gets a token', async () => {
  expect((await token({ tenant_id: 't_demo' }, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await token({ tenant_id: 't_demo' }, { origin: 'null' })).status).toBe(403);
  expect((await token({ tenant_id: 't_demo' }, { origin: server.url })).status).toBe(200);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
    expect((await token({ tenant_id: 't_demo' }, { 'content-type': type })).status).toBe(415);
  }
});

test('no page of another origin has events replayed', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${server.url}/_local/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"type":"raw_asset_lost"}',
    });
  expect((await ask({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await ask({ 'content-type': 'text/plain' })).status).toBe(415);
  expect((await ask({ origin: server.url })).status).toBe(422);
});

test('no answer carries a CORS header', async () => {
  for (const path of ['/_local/events', '/_local/token', '/_local/none']) {
    const response = await fetch(server.url + path, { headers: { origin: 'https://evil.example' } });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('events are a JSON array, newest last', async () => {
  const response = await fetch(`${server.url}/_local/events`);
  expect(await response.json()).toEqual([{ n: 1 }, { n: 2 }]);
});

test('events are also a stream: the kept ones, then each as it comes', async () => {
  const response = await fetch(`${server.url}/_local/events`, { headers: { accept: 'text/event-stream' } });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const readUntil = async (part: string) => {
    while (!text.includes(part)) text += (await reader?.read())?.value ?? '';
  };
  await readUntil('{"n":2}\n\n');
  bus.emit('event', { n: 3 });
  await readUntil('{"n":3}\n\n');
  expect(text).toBe('data: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n":3}\n\n');
  await reader?.cancel();
  await expect.poll(() => bus.listenerCount('event'), { timeout: 10_000 }).toBe(0);
});

test('discovery leads to the key set', async () => {
  const discovery = (await (await fetch(`${server.url}/.well-known/openid-configuration`)).json()) as {
    issuer: string;
    jwks_uri: string;
  };
  expect(discovery.issuer).toBe(server.url);
  expect(await (await fetch(discovery.jwks_uri)).json()).toMatchObject({ keys: [{ kty: 'EC', use: 'sig' }] });
});

test('nothing else under /_local/ exists, and nothing else is local', async () => {
  expect((await fetch(`${server.url}/_local/other`)).status).toBe(404);
  expect((await fetch(`${server.url}/_local/token`)).status).toBe(404);
  expect((await fetch(`${server.url}/nexus`)).status).toBe(418);
});
