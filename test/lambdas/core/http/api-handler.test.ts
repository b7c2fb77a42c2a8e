import * as v from 'valibot';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ERRORS } from '#contract/errors';
import type { RouteTable } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { RawStorageError } from '#core/errors';
import { apiHandler } from '#core/http/api-handler';
import { acme, apiEvent, context, read } from '../../../support/api-event.ts';

const Body = v.strictObject({ name: v.string(), tags: v.optional(v.array(v.string())) });
const Query = v.strictObject({
  content_type: v.optional(v.string()),
  created_from: v.optional(v.string()),
});

/** The contract's table, with routes more. */
const routes = {
  getAsset: ROUTES.getAsset,
  register: ROUTES.register,
  putThing: {
    method: 'POST',
    path: '/nexus/things',
    scope: 'raw:write',
    function: 'assets',
    request: { body: Body },
    response: v.looseObject({}),
    errors: [],
  },
  deleteThings: {
    method: 'DELETE',
    path: '/nexus/things',
    scope: 'raw:write',
    function: 'assets',
    request: { query: Query },
    response: v.looseObject({}),
    errors: [],
  },
  whoami: {
    method: 'GET',
    path: '/nexus/whoami',
    scope: 'any',
    function: 'assets',
    request: {},
    response: v.looseObject({}),
    errors: [],
  },
} as const satisfies RouteTable;

const run = vi.fn(
  async (_caller: unknown, input: object): Promise<Record<string, unknown>> => ({ ...input }),
);
const handler = apiHandler(
  'assets',
  {
    getAsset: () => Promise.reject(new Error('not called')),
    putThing: (caller, { body }) => run(caller, body),
    deleteThings: (caller, { query }) => run(caller, query),
    whoami: (caller, input) => run(caller, input),
  },
  routes,
);
const call = async (body: unknown, options: Parameters<typeof apiEvent>[1] = {}) =>
  read(await handler(apiEvent(body, { routeKey: 'POST /nexus/things', ...options }), context));

const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines.length = 0;
  run.mockClear();
  for (const level of ['info', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => lines.push({ level, ...line }));
  }
});

describe('a request in order', () => {
  it('is answered with 200 and JSON that no cache keeps', async () => {
    expect(await call({ name: 'é' })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: { name: 'é' },
    });
  });

  it('hands over who calls and how the request is known', async () => {
    await call({ name: 'a' }, { headers: { 'x-amzn-trace-id': 'Self=1-0-0;Root=1-67891233-abc;Sampled=1' } });
    expect(run.mock.calls[0]?.[0]).toEqual({ ...acme, request_id: 'request-1', trace_id: '1-67891233-abc' });
    await call({ name: 'a' });
    expect(run.mock.calls[1]?.[0]).toMatchObject({ trace_id: 'request-1' });
  });

  it.each(['application/json; charset=utf-8', 'application/problem+json', 'APPLICATION/JSON'])(
    'may be declared as %s',
    async (type) =>
      expect((await call({ name: 'a' }, { headers: { 'content-type': type } })).status).toBe(200),
  );

  it('may come in base64', async () => {
    const body = Buffer.from('{"name":"é"}').toString('base64');
    expect((await call(body, { isBase64Encoded: true })).body).toEqual({ name: 'é' });
  });

  it('may begin with a byte order mark, as PowerShell writes it', async () => {
    expect((await call('\uFEFF{"name":"a"}')).body).toEqual({ name: 'a' });
    const body = Buffer.from('\uFEFF{"name":"a"}').toString('base64');
    expect((await call(body, { isBase64Encoded: true })).body).toEqual({ name: 'a' });
  });

  it('may hold U+FFFD, written as an escape or proven by its bytes', async () => {
    expect((await call('{"name":"\\ufffd"}')).body).toEqual({ name: '\uFFFD' });
    const body = Buffer.from('{"name":"\uFFFD"}').toString('base64');
    expect((await call(body, { isBase64Encoded: true })).body).toEqual({ name: '\uFFFD' });
  });

  it('has no trace of 8,000 characters', async () => {
    const root = (length: number) => ({
      headers: { 'x-amzn-trace-id': `Root=${'a'.repeat(length)};Sampled=1` },
    });
    for (const length of [64, 65, 8000]) await call({ name: 'a' }, root(length));
    const traces = run.mock.calls.map(([caller]) => (caller as { trace_id: string }).trace_id);
    expect(traces).toEqual(['a'.repeat(64), 'request-1', 'request-1']);
  });

  it('may name its own tenant and env', async () => {
    expect((await call({ name: 'a' }, { headers: { 'x-tenant-id': 't_acme', 'x-env': 'dev' } })).status).toBe(
      200,
    );
  });
});

describe('a request is refused', () => {
  it.each<[string, unknown, Parameters<typeof apiEvent>[1], number, string]>([
    [
      'without a tenant',
      { name: 'a' },
      { authorizer: { ...acme, tenant_id: undefined } },
      403,
      'tenant_missing',
    ],
    [
      'with a malformed tenant',
      { name: 'a' },
      { authorizer: { ...acme, tenant_id: '*' } },
      403,
      'tenant_missing',
    ],
    ['without a context', { name: 'a' }, { authorizer: null }, 403, 'tenant_missing'],
    ['without an authorizer', { name: 'a' }, { requestContext: { requestId: 'r' } }, 403, 'tenant_missing'],
    [
      'with another tenant’s header',
      { name: 'a' },
      { headers: { 'x-tenant-id': 't_b' } },
      403,
      'tenant_mismatch',
    ],
    [
      'with two tenant headers',
      { name: 'a' },
      { headers: { 'x-tenant-id': 't_acme,t_b' } },
      403,
      'tenant_mismatch',
    ],
    ['with another env’s header', { name: 'a' }, { headers: { 'x-env': 'prod' } }, 403, 'tenant_mismatch'],
    [
      'without the scope',
      { name: 'a' },
      { authorizer: { ...acme, scopes: ['raw:read'] } },
      403,
      'scope_missing',
    ],
    [
      'without a content type',
      { name: 'a' },
      { headers: { 'content-type': undefined } },
      415,
      'unsupported_media_type',
    ],
    ['as a form', 'name=a', { headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
    [
      'as a near miss',
      '{}',
      { headers: { 'content-type': 'application/jsonp' } },
      415,
      'unsupported_media_type',
    ],
    ['without a body', undefined, {}, 400, 'invalid_json'],
    ['with half of JSON', '{"name":', {}, 400, 'invalid_json'],
    ['with nesting past any stack', '['.repeat(3e4) + ']'.repeat(3e4), {}, 400, 'invalid_json'],
    ['of more than 64 KiB', `{"name":"${'a'.repeat(64 * 1024 - 10)}"}`, {}, 422, 'invalid_request'],
    [
      'in another encoding',
      Buffer.from('{"name":"\xe9"}', 'latin1').toString('base64'),
      { isBase64Encoded: true },
      400,
      'invalid_json',
    ],
    [
      'in another encoding, by a gateway that made text of it',
      '{"name":"caf\uFFFD"}',
      {},
      400,
      'invalid_json',
    ],
    [
      'of more than 64 KiB in base64',
      Buffer.from(`{"name":"${'a'.repeat(64 * 1024 - 10)}"}`).toString('base64'),
      { isBase64Encoded: true },
      422,
      'invalid_request',
    ],
    ['with a list for a body', [], {}, 422, 'invalid_request'],
  ])('%s', async (_what, body, options, status, code) => {
    const answer = await call(body, options);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: `urn:nexus:raw-storage:problem:${code}`,
      title: ERRORS[code as 'invalid_json'].title,
      status,
      code,
      detail: expect.any(String),
    });
    expect(run).not.toHaveBeenCalled();
  });

  it.each([
    ['[]', 'a list'],
    ['null', 'null'],
    ['"text"', '"text"'],
    ['1e2', '1e2'],
  ])('with %s for a body, and told so', async (body, shown) => {
    expect((await call(body)).body.errors).toEqual([{ path: '', message: `is ${shown}, not an object` }]);
  });

  it('with every field that is wrong named', async () => {
    const { body } = await call({ tags: ['a', 1], other: true });
    expect(body).toMatchObject({ code: 'invalid_request', request_id: 'request-1' });
    expect(body.errors).toEqual([
      { path: 'name', message: 'is missing' },
      { path: 'tags.1', message: 'is 1, not a string' },
      { path: 'other', message: 'is not a field of this request' },
    ]);
  });
});

describe('an error of the work', () => {
  it('of the client’s is told with its detail and fields', async () => {
    const fields = [{ path: 'name', message: 'is taken' }];
    run.mockRejectedValueOnce(new RawStorageError('asset_conflict', 'taken', { fields }));
    const answer = await call({ name: 'a' });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'asset_conflict', detail: 'taken', errors: fields },
    });
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'request refused',
        code: 'asset_conflict',
        request_id: 'request-1',
        tenant_id: 't_acme',
        fields: ['name'],
      },
    ]);
  });

  it('is logged with the first fields that are wrong, and none of what was sent', async () => {
    await call({ name: 'a', tags: Array.from({ length: 50 }, () => ({ secret: 1 })) });
    const [line] = lines as [{ fields: string[] }];
    expect(line.fields).toEqual(['tags.0', 'tags.1', 'tags.2', 'tags.3', 'tags.4']);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('is logged with names of fields alone, whatever a client has written in their place', async () => {
    const token = `eyJ${'a'.repeat(80)}.eyJ${'b'.repeat(80)}.${'c'.repeat(43)}`;
    for (const written of [token, 'Jane Doe.pdf', 'n'.repeat(65), 'n'.repeat(64), 'fileName'])
      await call({ name: 'a', [written]: 1 });
    expect(lines.map(({ fields }) => fields)).toEqual([['?'], ['?'], ['?'], ['n'.repeat(64)], ['fileName']]);
    expect(JSON.stringify(lines)).not.toMatch(/eyJ|Jane/);
  });

  it.each([
    ['scope_missing', { authorizer: { ...acme, scopes: [] } }],
    ['tenant_mismatch', { headers: { 'x-tenant-id': 't_other' } }],
  ])('is logged with the token’s tenant, and none that was only sent: %s', async (code, options) => {
    await call({ name: 'a' }, options);
    expect(lines).toEqual([
      { level: 'info', message: 'request refused', code, request_id: 'request-1', tenant_id: 't_acme' },
    ]);
  });

  it('is logged without a tenant where the token names none, or a malformed one', async () => {
    for (const tenant_id of [undefined, '*'])
      await call({ name: 'a' }, { authorizer: { ...acme, tenant_id } });
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line['tenant_id']).toBeUndefined();
  });

  it('of ours tells nothing but the request id, and is logged whole', async () => {
    run.mockRejectedValueOnce(new Error('the secret of the database'));
    const answer = await call({ name: 'a' });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error', request_id: 'request-1' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(lines).toMatchObject([{ level: 'error', cause: { detail: 'the secret of the database' } }]);
  });

  it('that will pass says when to come again', async () => {
    run.mockRejectedValueOnce(new RawStorageError('unavailable', 'internals', { cause: 'not an error' }));
    const answer = await call({ name: 'a' });
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'unavailable' },
    });
    expect(JSON.stringify(answer)).not.toContain('internals');
  });

  it('is not waited for past the deadline', async () => {
    run.mockReturnValueOnce(new Promise(() => {}));
    const late = { ...context, getRemainingTimeInMillis: () => 520 };
    const event = apiEvent({ name: 'a' }, { routeKey: 'POST /nexus/things' });
    expect(read(await handler(event, late))).toMatchObject({ status: 503 });
  });
});

describe('a route of the table', () => {
  const remove = (options: Parameters<typeof apiEvent>[1] = {}) =>
    call(undefined, { routeKey: 'DELETE /nexus/things', ...options });

  it('is served once its row is there, to a token with its scope', async () => {
    expect(await remove()).toMatchObject({ status: 200, body: {} });
    run.mockClear();
    const reader = { authorizer: { ...acme, scopes: ['raw:read'] } };
    expect(await remove(reader)).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    expect(run).not.toHaveBeenCalled();
  });

  it.each(['/files', '/nexus/files', '/a/b.c'])(
    'is served under %s, where it is mounted there',
    async (prefix) => {
      expect(await remove({ routeKey: `DELETE ${prefix}/nexus/things` })).toMatchObject({ status: 200 });
    },
  );

  it('takes any scope, where its row says so, but never no tenant', async () => {
    const whoami = (authorizer: object) =>
      call(undefined, { routeKey: 'GET /nexus/whoami', authorizer: { ...acme, scopes: [], ...authorizer } });
    expect((await whoami({})).status).toBe(200);
    expect(await whoami({ tenant_id: undefined })).toMatchObject({ body: { code: 'tenant_missing' } });
  });

  it.each([
    ['content_type=image/svg+xml', { content_type: 'image/svg+xml' }],
    ['created_from=2026-01-31T12:00:00+01:00&', { created_from: '2026-01-31T12:00:00+01:00' }],
    ['content_type=a%2Fb%3Bc=d', { content_type: 'a/b;c=d' }],
    ['content_type', { content_type: '' }],
    ['', {}],
  ])('takes the query %s', async (rawQueryString, query) => {
    expect(await remove({ rawQueryString })).toMatchObject({ status: 200, body: query });
  });

  it.each([
    ['limit=1', 'limit', 'is not a field of this request'],
    ['__proto__=1', '__proto__', 'is not a field of this request'],
    ['content_type=a/b&content_type=a/c', 'content_type', 'is a list, not a string'],
    ['content_type=%E0%A4', '%E0%A4', 'is not percent-encoded UTF-8'],
  ])('refuses the query %s', async (rawQueryString, path, message) => {
    const answer = await remove({ rawQueryString });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors).toEqual([{ path, message }]);
    expect(run).not.toHaveBeenCalled();
  });

  it('of another function, or of none, is a fault of ours', async () => {
    for (const routeKey of ['POST /nexus/raw/register', 'PUT /nexus/things', '$default']) {
      expect(await call({ name: 'a' }, { routeKey })).toMatchObject({
        status: 500,
        body: { code: 'internal_error' },
      });
      expect(lines.at(-1)).toMatchObject({ cause: { detail: `assets does not serve ${routeKey}` } });
    }
    expect(run).not.toHaveBeenCalled();
  });

  it('left without an operation, or given an operation of another function, does not compile', () => {
    const small = { getAsset: ROUTES.getAsset, register: ROUTES.register };
    // @ts-expect-error getAsset is missing
    apiHandler('assets', {}, small);
    const register = async () => ({});
    // @ts-expect-error register is another function's
    apiHandler('assets', { getAsset: () => Promise.reject(new Error()), register }, small);
    // @ts-expect-error the route takes no body
    apiHandler('assets', { getAsset: async (_caller, { body }) => body }, small);
  });
});
