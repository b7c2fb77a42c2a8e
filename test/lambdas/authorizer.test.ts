import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAuthorizer } from '../support/authorizer.ts';
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts';

type Key = Awaited<ReturnType<TestIssuer['addKey']>>;

let issuer: TestIssuer;
let key: Key;
let authorize: Awaited<ReturnType<typeof startAuthorizer>>;
let reasons: string[];

/** Starts the authorizer afresh, as a new container would. */
async function start(env: Record<string, string> = {}) {
  authorize = await startAuthorizer({ JWT_ISSUER: issuer.issuer, ...env });
}

const bearer = async (token: Promise<string> | string) => authorize(`Bearer ${await token}`);

async function expectDenied(token: Promise<string> | string, reason: RegExp) {
  const text = await token;
  reasons = [];
  expect(await bearer(text)).toEqual({ isAuthorized: false, context: {} });
  expect(reasons).toEqual([expect.stringMatching(reason)]);
  expect(reasons.join()).not.toContain(text.slice(-20));
}

beforeAll(async () => {
  issuer = await startIssuer();
  key = await issuer.addKey('k1');
});

beforeEach(async () => {
  reasons = [];
  vi.spyOn(console, 'warn').mockImplementation((line) => reasons.push(line.reason));
  issuer.state.keys = [key.jwk];
  issuer.requests.length = 0;
  await start();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

afterAll(() => issuer.close());

describe('a token that is in order', () => {
  it('gives the tenant context, and the deployment’s env where it names none', async () => {
    const context = {
      tenant_id: 't_acme',
      env: 'staging',
      user_id: 'user-1',
      scopes: ['raw:read', 'raw:write'],
    };
    expect(await bearer(key.sign())).toEqual({ isAuthorized: true, context });
    expect(await authorize(`bearer ${await key.sign({ env: 'prod' })}`)).toEqual({
      isAuthorized: true,
      context: { ...context, env: 'prod' },
    });
  });

  it('without a tenant passes with none in the context', async () => {
    const { isAuthorized, context } = await bearer(key.sign({ tenant_id: undefined }));
    expect(isAuthorized).toBe(true);
    expect(JSON.parse(JSON.stringify(context))).not.toHaveProperty('tenant_id');
  });

  it.each([
    ['no scope', undefined, []],
    ['an empty scope', '', []],
    ['other scopes', 'openid raw:readx raw:write:all RAW:READ', []],
    ['one of the two', 'openid raw:read', ['raw:read']],
  ])('with %s has just those of the service', async (_what, scope, scopes) => {
    expect((await bearer(key.sign({ scope }))).context).toMatchObject({ scopes });
  });

  it('has its scopes under the deployment’s prefix alone', async () => {
    await start({ SCOPE_PREFIX: 'nexus/' });
    const { context } = await bearer(key.sign({ scope: 'nexus/raw:write raw:read' }));
    expect(context).toMatchObject({ scopes: ['raw:write'] });
  });

  it('names its tenant in the claim that the deployment says', async () => {
    await start({ TENANT_CLAIM: 'https://nexus.example/tenant' });
    const { context } = await bearer(key.sign({ 'https://nexus.example/tenant': 't_other' }));
    expect(context).toMatchObject({ tenant_id: 't_other' });
  });

  it('may be a Cognito access token, whose client_id is the audience', async () => {
    const cognito = { aud: undefined, client_id: AUDIENCE, token_use: 'access' };
    expect((await bearer(key.sign(cognito))).isAuthorized).toBe(true);
    await expectDenied(key.sign({ ...cognito, client_id: 'another' }), /audience/);
    await expectDenied(key.sign({ ...cognito, token_use: undefined }), /audience/);
  });

  it.each(['ES256', 'PS256', 'EdDSA'])('may be signed by %s', async (alg) => {
    const other = await issuer.addKey('k2', alg);
    expect((await bearer(other.sign())).isAuthorized).toBe(true);
  });

  it('may be as long as the gateway’s limit on headers lets it, 10,240 bytes', async () => {
    const token = await key.sign({ groups: 'g'.repeat(7150) });
    expect(token.length).toBeGreaterThan(10_000);
    expect(token.length).toBeLessThan(10_240 - 'authorization: Bearer '.length);
    expect((await bearer(token)).isAuthorized).toBe(true);
  });

  it('may be half a minute late or early', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await bearer(key.sign({ exp: now - 25, nbf: now + 25 }))).isAuthorized).toBe(true);
  });
});

describe('a token is denied, with a reason in the log alone,', () => {
  const now = () => Math.floor(Date.now() / 1000);

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['when it is no JWT', () => 'abc', /Invalid Compact JWS/],
    ['when it is expired', () => key.sign({ exp: now() - 60 }), /exp/],
    ['when it is not valid yet', () => key.sign({ nbf: now() + 60 }), /nbf/],
    ['without exp', () => key.sign({ exp: undefined }), /exp/],
    ['without sub', () => key.sign({ sub: undefined }), /sub/],
    ['with an empty sub', () => key.sign({ sub: '' }), /the claim sub is/],
    ['of another issuer', () => key.sign({ iss: 'https://other.example' }), /iss/],
    ['for another audience', () => key.sign({ aud: 'other' }), /audience/],
    ['for no audience', () => key.sign({ aud: undefined }), /audience/],
    ['that is an ID token of Cognito', () => key.sign({ token_use: 'id' }), /not an access token/],
    ['that is of another type', () => key.sign({}, { typ: 'logout+jwt' }), /not an access token/],
    [
      'without a signature',
      () => new UnsecuredJWT({ iss: issuer.issuer, aud: AUDIENCE, sub: 'u' }).encode(),
      /alg/,
    ],
    ['with a key id of nobody', () => key.sign({}, { kid: '../../../etc/passwd' }), /no applicable key/],
    [
      'with critical extensions unknown here',
      () => key.sign({}, { crit: ['x'], x: 1 }),
      /"x" is not recognized/,
    ],
  ])('%s', async (_what, token, reason) => {
    await expectDenied(
      Promise.resolve(token()).catch(() => 'a.b.c'),
      reason,
    );
  });

  it('signed by another key under a known id', async () => {
    const other = await issuer.addKey('k1');
    issuer.state.keys = [key.jwk];
    await expectDenied(other.sign(), /signature verification failed/);
  });

  it('signed by HS256 with the public key as the secret', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(key.publicKey));
    const token = new SignJWT({ iss: issuer.issuer, aud: AUDIENCE, sub: 'u', exp: now() + 60 });
    await expectDenied(token.setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret), /"alg"/);
  });

  it('signed by a key that it carries itself', async () => {
    const other = await issuer.addKey('k1');
    issuer.state.keys = [key.jwk];
    for (const header of [
      { jwk: other.jwk },
      { jku: `${issuer.issuer}/evil` },
      { x5u: `${issuer.issuer}/evil` },
    ]) {
      await expectDenied(other.sign({}, header), /signature verification failed/);
    }
    expect(issuer.requests).not.toContain('/evil');
  });

  it.each([
    ['one of two', ['t_acme', 't_other']],
    ['a number', 1],
    ['null', null],
    ['empty', ''],
    ['one character', 'a'],
    ['begun with a dot', '.acme'],
    ['with a slash', 't_a/b'],
    ['with the table’s separator', 't_a#b'],
    ['a wildcard', 't_*'],
    ['over-long', `t_${'a'.repeat(63)}`],
    ['with a look-alike letter', 't_\u0430cme'],
    ['with a line feed', 't_acme\n'],
  ])('whose tenant is %s', async (_what, tenant_id) => {
    await expectDenied(key.sign({ tenant_id }), /the claim tenant_id is not a tenant id/);
  });

  it.each([
    ['env', 'Production'],
    ['env', 1],
    ['scope', ['raw:read', 1]],
    ['scope', 'raw:read  raw:write'],
    ['scope', 'raw:read\nraw:write'],
  ])('whose %s is %j', async (claim, value) => {
    await expectDenied(key.sign({ [claim]: value }), new RegExp(`the claim ${claim} is`));
  });

  it('that is not sent as a bearer', async () => {
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${await key.sign()}`,
      await key.sign(),
    ]) {
      expect((await authorize(header)).isAuthorized).toBe(false);
    }
  });
});

it('does not start without its settings, and names them', async () => {
  await expect(start({ JWT_ISSUER: '', DEFAULT_ENV: '' })).rejects.toThrow(
    'Environment variables missing or malformed: JWT_ISSUER, DEFAULT_ENV',
  );
});
