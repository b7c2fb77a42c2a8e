import { request as httpRequest } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import type { ApiDefinition, RouteDefinition } from '../../../local/apigateway/definition.ts';
import { createGateway } from '../../../local/apigateway/gateway.ts';
import { type LoopbackServer, listenOnLoopback } from '../../../local/http/loopback-server.ts';

const servers: LoopbackServer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const authorizer = {
  functionName: 'authorizer',
  identitySource: ['$request.header.Authorization'],
  ttlSeconds: 60,
};
const route = (routeKey: string, overrides: Partial<RouteDefinition> = {}): RouteDefinition => ({
  routeKey,
  functionName: 'echo',
  timeoutMs: 30_000,
  ...overrides,
});

/** A gateway whose functions are `functions`; `echo` returns its event. */
async function start(
  api: Partial<ApiDefinition>,
  functions: Record<string, (event: never) => unknown> = {},
): Promise<string> {
  const all: Record<string, (event: never) => unknown> = { echo: (event) => ({ event }), ...functions };
  const server = await listenOnLoopback(0);
  servers.push(server);
  const gateway = createGateway({ routes: [], ...api }, async (name, event) => all[name]?.(event as never));
  server.serve(gateway);
  return server.url;
}

async function answerOf(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

async function eventOf(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  return ((await response.json()) as { event: Record<string, unknown> }).event;
}

test('the event is payload format 2.0', async () => {
  const url = await start({ routes: [route('POST /files/{id}')] });
  const event = await eventOf(`${url}/files/a%20b?x=1&y=%26&x=2`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'X-Upper': 'Yes',
      'User-Agent': 'test',
      Cookie: 'a=1; b=2',
    },
    body: '{"ä":1}',
  });
  expect(event).toEqual({
    version: '2.0',
    routeKey: 'POST /files/{id}',
    rawPath: '/files/a b',
    rawQueryString: 'x=1&y=%26&x=2',
    cookies: ['a=1', 'b=2'],
    headers: expect.objectContaining({
      'content-type': 'application/json; charset=utf-8',
      'x-upper': 'Yes',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    }),
    queryStringParameters: { x: '1,2', y: '&' },
    pathParameters: { id: 'a b' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: url.slice('http://'.length),
      domainPrefix: 'local',
      http: {
        method: 'POST',
        path: '/files/a b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: expect.stringMatching(/^[\w+/]{15}=$/),
      routeKey: 'POST /files/{id}',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
    body: '{"ä":1}',
    isBase64Encoded: false,
  });
  expect(event['headers']).not.toHaveProperty('cookie');
});

test('what a request lacks is not in the event', async () => {
  const url = await start({ routes: [route('GET /')] });
  const event = await eventOf(`${url}/`);
  for (const name of ['body', 'cookies', 'queryStringParameters', 'pathParameters'])
    expect(event).not.toHaveProperty(name);
  expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
});

test('repeated headers are joined by commas, and the trace id that a client sends is kept', async () => {
  const url = await start({ routes: [route('GET /')] });
  const headers = { 'x-many': ['1', '2'], 'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000000' };
  const text = await new Promise<string>((resolve) => {
    httpRequest(url, { headers }, async (response) => {
      resolve((await response.toArray()).join(''));
    }).end();
  });
  expect(JSON.parse(text).event.headers).toMatchObject({
    'x-many': '1,2',
    'x-amzn-trace-id': headers['x-amzn-trace-id'],
  });
});

test.each([
  ['text/csv', false],
  ['application/json', false],
  ['APPLICATION/XML; charset=utf-8', false],
  ['application/javascript', false],
  ['application/x-www-form-urlencoded', true],
  ['application/problem+json', true],
  ['application/octet-stream', true],
  [undefined, true],
])('a body of type %s is base64: %s', async (type, isBase64Encoded) => {
  const url = await start({ routes: [route('POST /')] });
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const event = await eventOf(url, { method: 'POST', headers, body: Buffer.from('a=1') });
  expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'YT0x' : 'a=1' });
});

test('the most specific route answers', async () => {
  const keys = ['$default', 'ANY /a/{p+}', 'GET /a/{id}', 'ANY /a/b', 'GET /a/b', 'GET /{x}/b'];
  const url = await start({ routes: keys.map((key) => route(key)) });
  const routeOf = async (method: string, path: string) => (await eventOf(url + path, { method }))['routeKey'];
  expect(await routeOf('GET', '/a/b')).toBe('GET /a/b');
  expect(await routeOf('PUT', '/a/b')).toBe('ANY /a/b');
  expect(await routeOf('GET', '/a/c')).toBe('GET /a/{id}');
  expect(await routeOf('PUT', '/a/c')).toBe('ANY /a/{p+}');
  expect(await routeOf('GET', '/a/c/d')).toBe('ANY /a/{p+}');
  expect(await routeOf('GET', '/z/b')).toBe('GET /{x}/b');
  expect(await routeOf('GET', '/z')).toBe('$default');
});

test.each([
  ['another path', 'GET', '/other', 404, 'Not Found'],
  ['another method', 'DELETE', '/a/1', 404, 'Not Found'],
  ['a trailing slash', 'GET', '/a/1/', 404, 'Not Found'],
  ['an empty parameter', 'GET', '/a/', 404, 'Not Found'],
  ['OPTIONS without CORS', 'OPTIONS', '/a/1', 404, 'Not Found'],
  ['a path that is not UTF-8', 'GET', '/a/%ff', 400, 'Bad Request'],
])('%s is answered by the gateway', async (_, method, path, status, message) => {
  const url = await start({ routes: [route('GET /a/{id}')] });
  const response = await fetch(url + path, { method });
  expect(response.headers.get('apigw-requestid')).toMatch(/^[\w+/]{15}=$/);
  expect(await answerOf(response)).toEqual([status, { message }]);
});

test('a path that is not UTF-8 has no event, on any route', async () => {
  const url = await start({ routes: [route('$default')] });
  expect(await answerOf(await fetch(`${url}/%ff`))).toEqual([400, { message: 'Bad Request' }]);
});

test.each([
  [
    'a described response',
    { statusCode: 201, headers: { 'Content-Type': 'text/csv' }, body: 'é' },
    201,
    'text/csv',
    'é',
  ],
  ['one without a type', { statusCode: 200, body: 'x' }, 200, 'text/plain;charset=UTF-8', 'x'],
  ['base64', { statusCode: 200, body: 'w6k=', isBase64Encoded: true }, 200, 'text/plain;charset=UTF-8', 'é'],
  ['a bare object', { a: 1 }, 200, 'application/json', '{"a":1}'],
  ['a bare string', 'hello', 200, 'application/json', 'hello'],
  ['null', null, 200, 'application/json', 'null'],
  ['a status as text', { statusCode: '404' }, 404, 'text/plain;charset=UTF-8', ''],
])('%s becomes a response', async (_, result, status, type, body) => {
  const url = await start({ routes: [route('GET /')] }, { echo: () => result });
  const response = await fetch(url);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    status,
    type,
    body,
  ]);
});

test('cookies become set-cookie headers', async () => {
  const url = await start(
    { routes: [route('GET /')] },
    { echo: () => ({ statusCode: 204, cookies: ['a=1', 'b=2'] }) },
  );
  expect((await fetch(url)).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test.each([
  ['a status that is none', { statusCode: 'ok' }],
  ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ['headers that are none', { statusCode: 200, headers: ['a'] }],
])('%s is malformed: 500', async (_, result) => {
  const url = await start({ routes: [route('GET /')] }, { echo: () => result });
  expect(await answerOf(await fetch(url))).toEqual([500, { message: 'Internal Server Error' }]);
});

test('a function that fails is 500, one that takes too long 503', async () => {
  const url = await start(
    {
      routes: [
        route('GET /fails', { functionName: 'fails' }),
        route('GET /hangs', { functionName: 'hangs', timeoutMs: 50 }),
      ],
    },
    { fails: () => Promise.reject(new Error('secret')), hangs: () => new Promise(() => {}) },
  );
  expect(await answerOf(await fetch(`${url}/fails`))).toEqual([500, { message: 'Internal Server Error' }]);
  expect(await answerOf(await fetch(`${url}/hangs`))).toEqual([503, { message: 'Service Unavailable' }]);
});

test.each([undefined, ''])('without an identity source (%s) nobody is asked: 401', async (value) => {
  const ask = vi.fn();
  const url = await start({ routes: [route('GET /', { authorizer })] }, { authorizer: ask });
  const headers: Record<string, string> = value === undefined ? {} : { authorization: value };
  expect(await answerOf(await fetch(url, { headers }))).toEqual([401, { message: 'Unauthorized' }]);
  expect(ask).not.toHaveBeenCalled();
});

test('decisions, denials too, are kept per identity across routes until the TTL passes', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const ask = vi.fn(({ headers }: { headers: Record<string, string> }) => ({
    isAuthorized: headers['authorization'] === 'yes',
    context: { tenant_id: 't_demo' },
  }));
  const url = await start(
    { routes: [route('GET /a', { authorizer }), route('GET /b', { authorizer })] },
    { authorizer: ask },
  );
  const get = (path: string, authorization: string) => fetch(url + path, { headers: { authorization } });

  for (const path of ['/a', '/b']) {
    const event = ((await (await get(path, 'yes')).json()) as { event: { requestContext: unknown } }).event;
    expect(event.requestContext).toMatchObject({ authorizer: { lambda: { tenant_id: 't_demo' } } });
    expect(await answerOf(await get(path, 'no'))).toEqual([403, { message: 'Forbidden' }]);
  }
  expect(ask).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(59_999);
  await get('/a', 'yes');
  expect(ask).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1);
  await get('/a', 'yes');
  expect(ask).toHaveBeenCalledTimes(3);
});

test('the authorizer gets the request, its identity and the route', async () => {
  const ask = vi.fn((_event: object) => ({ isAuthorized: true }));
  const url = await start({ routes: [route('GET /a/{id}', { authorizer })] }, { authorizer: ask });
  await fetch(`${url}/a/1`, { headers: { authorization: 'Bearer x' } });
  expect(ask.mock.calls[0]?.[0]).toMatchObject({
    version: '2.0',
    type: 'REQUEST',
    routeKey: 'GET /a/{id}',
    routeArn: 'arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/a/1',
    identitySource: ['Bearer x'],
    pathParameters: { id: '1' },
  });
});

test.each([
  ['fails', () => Promise.reject(new Error('down'))],
  ['answers nonsense', () => ({ allowed: true })],
])('an authorizer that %s is 500, and is asked again', async (_, answer) => {
  const ask = vi.fn(answer as () => unknown);
  const url = await start({ routes: [route('GET /', { authorizer })] }, { authorizer: ask });
  for (const times of [1, 2]) {
    const response = await fetch(url, { headers: { authorization: 'x' } });
    expect(await answerOf(response)).toEqual([500, { message: 'Internal Server Error' }]);
    expect(ask).toHaveBeenCalledTimes(times);
  }
});

test('over the burst is 429', async () => {
  const url = await start({ routes: [route('GET /')], throttling: { ratePerSecond: 0.001, burst: 2 } });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await fetch(url)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect(await answerOf(await fetch(url))).toEqual([429, { message: 'Too Many Requests' }]);
});

test.each([
  ['declared', Buffer.alloc(10 * 1024 * 1024 + 1)],
  ['undeclared', new Blob([new Uint8Array(10 * 1024 * 1024 + 1)]).stream()],
])('a body over 10 MiB is 413, its length %s', async (_, body) => {
  const url = await start({ routes: [route('POST /')] });
  const response = await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
  expect(await answerOf(response)).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('headers over 10,240 bytes are 431', async () => {
  const url = await start({ routes: [route('GET /')] });
  const response = await fetch(url, { headers: { 'x-long': 'x'.repeat(10_240) } });
  expect(await answerOf(response)).toEqual([431, { message: 'Request Header Fields Too Large' }]);
});

const cors = {
  allowOrigins: ['https://app.example'],
  allowMethods: ['GET', 'POST'],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: ['apigw-requestid'],
  allowCredentials: false,
  maxAgeSeconds: 600,
};
const corsHeaders = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

test('a preflight is answered by the gateway, on any path', async () => {
  const url = await start({ routes: [route('POST /', { authorizer })], cors });
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  const response = await fetch(`${url}/anything`, { method: 'OPTIONS', headers });
  expect(response.status).toBe(204);
  expect(corsHeaders(response)).toEqual({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-methods': 'GET,POST',
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-expose-headers': 'apigw-requestid',
    'access-control-max-age': '600',
  });
  const foreign = { ...headers, origin: 'https://evil.example' };
  expect(corsHeaders(await fetch(url, { method: 'OPTIONS', headers: foreign }))).toEqual({});
});

test('answers to an allowed origin carry its name, refusals too; functions have no say', async () => {
  const own = { statusCode: 200, headers: { 'access-control-allow-origin': '*' }, body: '' };
  const url = await start(
    { routes: [route('GET /'), route('GET /closed', { authorizer })], cors },
    { echo: () => own },
  );
  const get = async (path: string, origin: string) =>
    corsHeaders(await fetch(url + path, { headers: { origin } }));
  expect(await get('/', 'https://app.example')).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
  });
  expect(await get('/closed', 'https://app.example')).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
  });
  expect(await get('/', 'https://evil.example')).toEqual({});
});
