import { createHash, randomUUID } from 'node:crypto';
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { acme } from '../support/api-event.ts';
import { loadApi } from '../support/api-handlers.ts';
import { postForm, startAws, type TestAws } from '../support/aws.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;

beforeAll(async () => {
  aws = await startAws();
  api = await loadApi();
  vi.spyOn(console, 'info').mockImplementation(() => {});
  // The metrics' lines.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterAll(() => aws.close());

/** The service that a request is signed for, and what it asks of it. */
function callOf({ headers, method }: IncomingMessage): string {
  const [, service] = /Credential=[^/]+\/\d+\/[^/]+\/(\w+)\//.exec(headers.authorization ?? '') ?? [];
  const [, operation = method] = /\.(\w+)$/.exec(String(headers['x-amz-target'] ?? '')) ?? [];
  return `${service} ${operation}`;
}

/** The calls that reach the embedded endpoint while `work` runs, retries and refused ones too. */
async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  const count = (message: unknown) => calls.push(callOf((message as { request: IncomingMessage }).request));
  diagnostics.subscribe('http.server.request.start', count);
  try {
    await work();
  } finally {
    diagnostics.unsubscribe('http.server.request.start', count);
  }
  return calls;
}

const bytes = Buffer.from('hello');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** An asset whose bytes are there; every function has the tenant's session, so that STS is called no more. */
async function uploaded(): Promise<string> {
  const { body: form } = await api.presign({ filename: 'a.txt', sha256 });
  expect((await postForm(form, bytes)).status).toBe(201);
  return form.asset_id;
}

describe('calls to DynamoDB and S3, once the tenant’s session is there', () => {
  beforeAll(async () => {
    const asset_id = randomUUID();
    await Promise.all([api.presign({ filename: 'a' }), api.register({ asset_id }), api.get(asset_id)]);
  });

  it('presign: one', async () => {
    expect(await callsOf(() => api.presign({ filename: 'a' }))).toEqual(['dynamodb PutItem']);
  });

  it('presign, repeated: two', async () => {
    const request = { filename: 'a', asset_id: randomUUID() };
    await api.presign(request);
    const calls = await callsOf(async () => expect((await api.presign(request)).status).toBe(200));
    expect(calls).toEqual(['dynamodb PutItem', 'dynamodb UpdateItem']);
  });

  it('presign of an asset that is there with other values: one', async () => {
    const asset_id = randomUUID();
    await api.presign({ filename: 'a', asset_id });
    const calls = await callsOf(async () =>
      expect((await api.presign({ filename: 'b', asset_id })).body.code).toBe('asset_conflict'),
    );
    expect(calls).toEqual(['dynamodb PutItem']);
  });

  it('register: three', async () => {
    const asset_id = await uploaded();
    const calls = await callsOf(async () => expect((await api.register({ asset_id })).status).toBe(200));
    expect(calls).toEqual(['dynamodb GetItem', 's3 HEAD', 'dynamodb PutItem']);
  });

  it('register, repeated: one', async () => {
    const asset_id = await uploaded();
    await api.register({ asset_id });
    expect(await callsOf(() => api.register({ asset_id }))).toEqual(['dynamodb GetItem']);
  });

  it('register that loses a race: three, as the one that wins, of which they share the first', async () => {
    const asset_id = await uploaded();
    const calls = await callsOf(async () => {
      const [one, other] = await Promise.all([api.register({ asset_id }), api.register({ asset_id })]);
      expect(one).toMatchObject({ status: 200, body: { asset_id } });
      expect(other).toEqual(one);
    });
    const writes = ['s3 HEAD', 'dynamodb PutItem'].flatMap((call) => [call, call]);
    expect(calls.sort()).toEqual(['dynamodb GetItem', ...writes].sort());
  });

  it('a batch: what its items cost one by one, but that register reads its records in one', async () => {
    const items = [1, 2, 3].map((number) => ({ filename: `${number}.txt`, sha256 }));
    let answer: Awaited<ReturnType<typeof api.batch>> | undefined;
    const presigning = await callsOf(async () => {
      answer = await api.batch('batchPresignUpload', items);
    });
    expect(presigning).toEqual(Array(3).fill('dynamodb PutItem'));
    const forms = answer?.body.items.map(({ body }: { body: never }) => body);
    for (const form of forms) expect((await postForm(form, bytes)).status).toBe(201);
    const ids = forms.map(({ asset_id }: { asset_id: string }) => ({ asset_id }));
    const registering = await callsOf(() => api.batch('batchRegister', ids));
    const writes = ['s3 HEAD', 'dynamodb PutItem'].flatMap((call) => [call, call, call]);
    expect(registering.sort()).toEqual(['dynamodb BatchGetItem', ...writes].sort());
  });

  it('get: one', async () => {
    const asset_id = await uploaded();
    await api.register({ asset_id });
    expect(await callsOf(() => api.get(asset_id))).toEqual(['dynamodb GetItem']);
  });
});

it('a file is read to be hashed once: the SDK computes no checksum of its own beside it', async () => {
  const { body: form } = await api.presign({ filename: 'a.txt' });
  expect((await postForm(form, bytes)).status).toBe(201);
  const modes: [method: string | undefined, mode: unknown][] = [];
  const note = (message: unknown) => {
    const { method, headers } = (message as { request: IncomingMessage }).request;
    if (method === 'GET') modes.push([method, headers['x-amz-checksum-mode']]);
  };
  diagnostics.subscribe('http.server.request.start', note);
  expect((await api.register({ asset_id: form.asset_id })).status).toBe(200);
  diagnostics.unsubscribe('http.server.request.start', note);
  expect(modes).toEqual([['GET', undefined]]);
});

it('calls STS once a function for a tenant that uses every route', async () => {
  const options = { authorizer: { ...acme, tenant_id: 't_new' } };
  const calls = await callsOf(async () => {
    for (let round = 0; round < 3; round++) {
      const { body: form } = await api.presign({ filename: 'a.txt', sha256 }, options);
      await postForm(form, bytes);
      await api.register({ asset_id: form.asset_id }, options);
      await api.get(form.asset_id, options);
    }
    await api.batch('batchPresignUpload', Array(20).fill({ filename: 'a.txt' }), options);
  });
  expect(calls.filter((call) => call.startsWith('sts'))).toHaveLength(3);
});
