import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsError } from '../../local/http/aws-error.ts';
import { acme } from '../support/api-event.ts';
import { loadApi } from '../support/api-handlers.ts';
import { tenantId } from '../support/arbitraries.ts';
import { postForm, startAws, type TestAws } from '../support/aws.ts';

let aws: TestAws;
let presign: Api['presign'];
let register: Api['register'];
let get: Api['get'];

type Api = Awaited<ReturnType<typeof loadApi>>;

beforeAll(async () => {
  aws = await startAws();
  ({ presign, register, get } = await loadApi());
});

beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {});
  // The metrics' lines.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => aws.close());

const bytes = Buffer.from('hello');
const sha256 = createHash('sha256').update(bytes).digest('hex');

async function upload(declared = {}) {
  const { body: form } = await presign({ filename: 'a b.txt', ...declared });
  expect((await postForm(form, bytes)).status).toBe(201);
  return form.asset_id as string;
}

describe('the three handlers', () => {
  it('take a file from presign to get', async () => {
    const asset_id = randomUUID();
    const presigned = await presign({
      filename: 'a b.txt',
      asset_id: asset_id.toUpperCase(),
      size_bytes: 5,
      sha256,
    });
    const key = `tenants/t_acme/dev/raw/${asset_id}/a b.txt`;
    expect(presigned).toMatchObject({
      status: 200,
      body: { asset_id, method: 'POST', uri: `s3://raw-bucket/${key}`, expires: 900, max_size_bytes: 5 },
    });
    expect(presigned.body.fields.key).toBe(key);
    const posted = await postForm(presigned.body, bytes);
    expect(posted.status).toBe(201);

    const registered = await register({ asset_id, sha256, metadata: { n: 1 } });
    expect(registered).toMatchObject({
      status: 200,
      body: { asset_id, tenant_id: 't_acme', env: 'dev', sha256, size_bytes: 5, content_type: 'text/plain' },
    });
    expect(registered.body.version_id).toBe(posted.headers.get('x-amz-version-id'));
    expect(await get(asset_id.toUpperCase())).toEqual(registered);
    expect(await register({ asset_id })).toEqual(registered);
  });

  it('prove the SHA-256 of what was not declared', async () => {
    expect((await register({ asset_id: await upload() })).body.sha256).toBe(sha256);
  });

  it('refuse what is unlike its declaration', async () => {
    const answer = await register({ asset_id: await upload(), size_bytes: 6, filename: 'b.txt' });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'upload_mismatch',
        errors: [
          { path: 'filename', message: 'is "a b.txt"' },
          { path: 'size_bytes', message: 'is 5' },
        ],
      },
    });
  });

  it('refuse a byte changed at the store, and say that nothing is uploaded', async () => {
    const { body: form } = await presign({ filename: 'a.txt', sha256 });
    const posted = await postForm(form, Buffer.from('hellO'));
    expect([posted.status, await posted.text()]).toEqual([
      400,
      expect.stringContaining('<Code>BadDigest</Code>'),
    ]);
    expect(await register({ asset_id: form.asset_id })).toMatchObject({
      status: 409,
      body: { code: 'not_uploaded' },
    });
  });

  it('answer of another tenant’s asset as of one that is not there', async () => {
    const asset_id = await upload();
    await register({ asset_id });
    const other = { authorizer: { ...acme, tenant_id: 't_acm' } };
    const elsewhere = { authorizer: { ...acme, env: 'prod' } };
    const nowhere = await get(randomUUID());
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'asset_not_found' } });
    for (const options of [other, elsewhere]) {
      expect(await get(asset_id, options)).toEqual(nowhere);
      expect(await register({ asset_id }, options)).toEqual(nowhere);
    }
    expect(await get((await presign({ filename: 'a' })).body.asset_id)).toEqual(nowhere);
    expect(await get('not-a-uuid')).toEqual(nowhere);
  });

  it('ask for the scope of what they do', async () => {
    const reader = { authorizer: { ...acme, scopes: ['raw:read'] } };
    const writer = { authorizer: { ...acme, scopes: ['raw:write'] } };
    const refused = { status: 403, body: { code: 'scope_missing' } };
    expect(await presign({ filename: 'a' }, reader)).toMatchObject(refused);
    expect(await register({ asset_id: randomUUID() }, reader)).toMatchObject(refused);
    expect(await get(randomUUID(), writer)).toMatchObject(refused);
  });

  it('write nothing for a request that is refused', async () => {
    const written = vi.spyOn(aws.table, 'handle');
    const answers = [
      await presign({ filename: '../a' }),
      await presign({ filename: 'a', size_bytes: 1001 }),
      await presign({ filename: 'a' }, { authorizer: null }),
      await presign({ filename: 'a' }, { headers: { 'x-tenant-id': 't_other' } }),
      await register({ asset_id: 'x' }),
      await register({ asset_id: randomUUID(), metadata: [] }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [422, 'invalid_request'],
      [413, 'file_too_large'],
      [403, 'tenant_missing'],
      [403, 'tenant_mismatch'],
      [422, 'invalid_request'],
      [422, 'invalid_request'],
    ]);
    expect(written).not.toHaveBeenCalled();
  });
});

function sessionsOf(tenant_id: string) {
  const operation = aws.services.sts.operations.AssumeRole;
  const assume = operation.handle.bind(operation);
  return {
    assume,
    assumed: vi.spyOn(operation, 'handle'),
    options: { authorizer: { ...acme, tenant_id } },
  };
}

/** STS's answer, with another end of the credentials. */
function endingIn(seconds: number, answer: unknown) {
  const [[, credentials], ...others] = answer as [[string, [string, string][]], ...[string, unknown][]];
  const end = new Date(Date.now() + seconds * 1000).toISOString();
  const ending = credentials.map(([name, value]) => [name, name === 'Expiration' ? end : value]);
  return [['Credentials', ending], ...others] as never;
}

describe('what they reach the stores by', () => {
  it('is one session a tenant: warm requests call STS no more', async () => {
    const assumed = vi.spyOn(aws.services.sts.operations.AssumeRole, 'handle');
    const options = { authorizer: { ...acme, tenant_id: 't_warm' } };
    const { body: form } = await presign({ filename: 'a' }, options);
    expect(assumed).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 5; i++) await presign({ filename: 'a', asset_id: form.asset_id }, options);
    expect(assumed).toHaveBeenCalledTimes(1);
  });

  it('is renewed before it could end sooner than the form that it signs', async () => {
    const { assume, assumed, options } = sessionsOf('t_window');
    const presigned = async (seconds: number) => {
      assumed.mockImplementation((...call) => endingIn(seconds, assume(...call)));
      expect((await presign({ filename: 'a' }, options)).body.expires).toBe(900);
      return assumed.mock.calls.length;
    };
    expect([await presigned(900 + 119), await presigned(900 + 119)]).toEqual([1, 2]);
    expect([await presigned(900 + 125), await presigned(900 + 125)]).toEqual([3, 3]);
    assumed.mockRestore();
  });

  it('is opened again, once, where the one that is kept is refused', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { assumed, options } = sessionsOf('t_revoked');
    await presign({ filename: 'a' }, options);
    for (const code of ['ExpiredTokenException', 'UnrecognizedClientException', 'AccessDeniedException']) {
      assumed.mockClear();
      const refused = vi.spyOn(aws.table, 'handle').mockImplementationOnce(() => {
        throw new AwsError(400, code, 'no');
      });
      expect((await presign({ filename: 'a' }, options)).status).toBe(200);
      expect(assumed).toHaveBeenCalledTimes(1);
      refused.mockRestore();
    }
    assumed.mockRestore();
  });

  it('is 503, to be tried again, while IAM does not know the role’s policies yet', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { options } = sessionsOf('t_fresh');
    const denied = vi.spyOn(aws.table, 'handle').mockImplementation(() => {
      throw new AwsError(400, 'AccessDeniedException', 'no');
    });
    for (const call of [
      () => presign({ filename: 'a' }, options),
      () => register({ asset_id: randomUUID() }, options),
      () => get(randomUUID(), options),
    ]) {
      expect(await call()).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'unavailable' },
      });
    }
    denied.mockRestore();
    expect((await presign({ filename: 'a' }, options)).status).toBe(200);
  });

  it('is nothing where STS gives none: 503, to be tried again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const down = vi.spyOn(aws.services.sts.operations.AssumeRole, 'handle').mockImplementation(() => {
      throw new AwsError(400, 'Throttling', 'Rate exceeded');
    });
    const written = vi.spyOn(aws.table, 'handle');
    const options = { authorizer: { ...acme, tenant_id: 't_throttled' } };
    expect(await presign({ filename: 'a' }, options)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'unavailable' },
    });
    expect(written).not.toHaveBeenCalled();
    down.mockRestore();
    expect((await presign({ filename: 'a' }, options)).status).toBe(200);
  });
});

describe('any other tenant', () => {
  it('is answered, over every route, as for an asset that does not exist', async () => {
    const registered = await upload();
    await register({ asset_id: registered });
    const assets = fc.constantFrom(registered, await upload());
    // Few enough that most requests find their tenant's session.
    const tenants = fc.constantFrom('t_acm', 't_acmee', 't_acme-', ...fc.sample(tenantId, 30));
    await fc.assert(
      fc.asyncProperty(tenants, assets, fc.boolean(), async (tenant_id, asset_id, writes) => {
        fc.pre(tenant_id !== acme.tenant_id);
        const options = { authorizer: { ...acme, tenant_id } };
        const ask = (id: string) =>
          writes ? register({ asset_id: id, size_bytes: 5 }, options) : get(id, options);
        expect(await ask(asset_id)).toEqual(await ask(randomUUID()));
      }),
      { numRuns: 1000 },
    );
  }, 120_000);
});

it.each([
  [
    'presign-upload',
    'RAW_BUCKET, ASSET_TABLE, TENANT_ROLE_ARN, MAX_UPLOAD_BYTES, MAX_HASH_BYTES, UPLOAD_EXPIRY_SECONDS',
  ],
  ['register', 'RAW_BUCKET, BUCKET_OWNER, ASSET_TABLE, TENANT_ROLE_ARN, MAX_HASH_BYTES'],
  [
    'assets',
    'ASSET_TABLE, TENANT_ROLE_ARN, MAX_UPLOAD_BYTES, MAX_HASH_BYTES, UPLOAD_EXPIRY_SECONDS, DELETE_RETENTION_DAYS',
  ],
  ['publish-events', 'EVENT_BUS, POISON_QUEUE_URL'],
])('%s does not start without its settings, and names them', async (name, missing) => {
  vi.resetModules();
  for (const variable of missing.split(', ')) vi.stubEnv(variable, '');
  await expect(import(`../../lambdas/${name}.ts`)).rejects.toThrow(`missing or malformed: ${missing}`);
});
