import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAuthorizer } from '../support/authorizer.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';

/** Tokens of other issuers' shapes, each kind after a public report of people who could not get in with one. */
let issuer: TestIssuer;
let key: Awaited<ReturnType<TestIssuer['addKey']>>;
let reasons: string[];

beforeAll(async () => {
  issuer = await startIssuer();
  key = await issuer.addKey('k1');
});

beforeEach(() => {
  reasons = [];
  issuer.state.keys = [key.jwk];
  vi.spyOn(console, 'warn').mockImplementation((line) => reasons.push(line.reason));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

afterAll(() => issuer.close());

const start = (settings: Record<string, string | undefined> = {}) =>
  startAuthorizer({ JWT_ISSUER: issuer.issuer, ...settings });

/** The context that a token with these claims gives under these settings. */
async function contextOf(claims: Record<string, unknown>, settings: Record<string, string | undefined> = {}) {
  const authorize = await start(settings);
  const { isAuthorized, context } = await authorize(`Bearer ${await key.sign(claims)}`);
  return isAuthorized ? context : reasons.join();
}

describe('scopes are read from', () => {
  it.each<[string, Record<string, unknown>, string | undefined, string[]]>([
    [
      'scp, text of words (gateway#8027)',
      { scp: 'raw:read raw:write' },
      undefined,
      ['raw:read', 'raw:write'],
    ],
    ['scp, a list (Ocelot#1567)', { scp: ['raw:read'] }, undefined, ['raw:read']],
    ['scope, a list (cosmo#3251)', { scope: ['raw:read'] }, undefined, ['raw:read']],
    ['scope before scp, if it is empty too', { scope: [], scp: ['raw:write'] }, undefined, []],
    ['scope before scp', { scope: 'raw:read', scp: 'raw:write' }, undefined, ['raw:read']],
    ['permissions (rustfs#2885)', { permissions: ['raw:write', 'x y'] }, 'permissions', ['raw:write']],
    ['roles (rustfs#2885)', { roles: ['raw:delete', 'raw:erase'] }, 'roles', ['raw:delete', 'raw:erase']],
    [
      'a path',
      { resource_access: { 'my.api': { roles: ['raw:read'] } } },
      'resource_access.my.api.roles',
      ['raw:read'],
    ],
    ['the first of several that is there', { roles: ['raw:read'] }, 'scp roles', ['raw:read']],
    ['nowhere else once a claim is set', { scope: 'raw:read', scp: 'raw:read' }, 'roles', []],
  ])('%s', async (_kind, claims, scopeClaim, scopes) => {
    const settings = scopeClaim === undefined ? {} : { SCOPE_CLAIM: scopeClaim };
    expect(await contextOf({ scope: undefined, ...claims }, settings)).toMatchObject({ scopes });
  });

  it('a list under the prefix, by whole words alone', async () => {
    const roles = ['nexus/raw:read', 'raw:write', 'nexus/raw:delete nexus/raw:erase'];
    const settings = { SCOPE_CLAIM: 'roles', SCOPE_PREFIX: 'nexus/' };
    expect(await contextOf({ roles }, settings)).toMatchObject({ scopes: ['raw:read'] });
  });

  it.each([[1], [{ 'raw:read': true }], [['raw:read', 1]], [null], ['raw:read  raw:write']])(
    'no claim that is %j: such a token is refused',
    async (scp) => {
      expect(await contextOf({ scope: undefined, scp })).toMatch(/the claim scp is neither words nor/);
    },
  );
});

describe('a tenant may be', () => {
  it.each([
    ['a UUID (midaz#2450)', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['an organisation of Clerk', 'org_2aBcDeFgHiJkLmNoPqRsTuVwXyZ'],
    ['upper case', 'ACME'],
    ['a domain', 'acme.example'],
    ['two characters', 'a1'],
    ['64 characters', 'a'.repeat(64)],
    ['in a list of one', ['acme']],
  ])('%s', async (_kind, tenant) => {
    expect(await contextOf({ tenant_id: tenant })).toMatchObject({ tenant_id: [tenant].flat()[0] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['at a path (caddy-jwt#2)', { app_metadata: { tenant_id: 'acme' } }, 'app_metadata.tenant_id'],
    ['in a list at a path', { user: { groups: ['acme'] } }, 'user.groups'],
    ['under a URL', { 'https://nexus.example/tenant': 'acme' }, 'https://nexus.example/tenant'],
    [
      'at a path under a URL',
      { 'https://nexus.example/c': { tenant: 'acme' } },
      'https://nexus.example/c.tenant',
    ],
    ['under an exact name that looks like a path', { 'a.b': 'acme', a: { b: 'other' } }, 'a.b'],
  ])('%s', async (_kind, claims, claim) => {
    expect(await contextOf({ tenant_id: undefined, ...claims }, { TENANT_CLAIM: claim })).toMatchObject({
      tenant_id: 'acme',
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a path that ends early', { app_metadata: {} }, 'app_metadata.tenant_id'],
    ['a path through text', { app_metadata: 'tenant_id' }, 'app_metadata.tenant_id'],
    ['a path through a list', { app_metadata: ['acme'] }, 'app_metadata.0'],
    ['what every object has', {}, 'toString'],
    ['what every object has, by a claim', { a: {} }, 'a.__proto__.toString'],
  ])('missing, as with %s', async (_kind, claims, claim) => {
    const context = await contextOf({ tenant_id: undefined, ...claims }, { TENANT_CLAIM: claim });
    expect(context).toMatchObject({ env: 'staging' });
    expect(JSON.parse(JSON.stringify(context))).not.toHaveProperty('tenant_id');
  });

  it.each([
    [['acme', 'other'], 'a list of 2'],
    [[], 'a list of 0'],
    [[1], 'of type number'],
    [[['acme']], 'a list of 1'],
    ['a', 'text of 1 characters'],
    ['x'.repeat(65), 'text of 65 characters'],
    ['-acme', 'text of 5 characters'],
    ['.acme', 'text of 5 characters'],
    ['_acme', 'text of 5 characters'],
    ['a/b', 'text of 3 characters'],
    ['a\u0000b', 'text of 3 characters'],
    ['acme\n', 'text of 5 characters'],
    [{ id: 'acme' }, 'of type object'],
    [null, 'null'],
    [7, 'of type number'],
  ])('nothing else: %j refuses the token, and the log names the claim', async (tenant, kind) => {
    expect(await contextOf({ org: tenant }, { TENANT_CLAIM: 'org' })).toBe(
      `the claim org is not a tenant id: it is ${kind}`,
    );
  });
});

describe('an env is', () => {
  it('the token’s, of 1 to 16 of a-z 0-9 -', async () => {
    for (const env of ['production', 'eu-west-1', 'q', '0123456789abcdef'])
      expect(await contextOf({ env })).toMatchObject({ env });
    for (const env of ['', 'Prod', 'a_b', '-a', 'a'.repeat(17), 'prod\n', 1, null])
      expect(await contextOf({ env })).toMatch(
        /^the claim env is not an env: it is (text of \d|of type|null)/,
      );
  });

  it('the deployment’s where the token’s claim means something else (PaladinCloud/CE#2345)', async () => {
    const other = { env: 'Production EU' };
    expect(await contextOf(other, { ENV_CLAIM: undefined })).toMatchObject({ env: 'staging' });
    expect(await contextOf({ ...other, stage: { name: 'qa' } }, { ENV_CLAIM: 'stage.name' })).toMatchObject({
      env: 'qa',
    });
  });
});

describe('an audience is', () => {
  it('any of several, a second app client of one pool too (django-cognito-jwt#28)', async () => {
    const settings = { JWT_AUDIENCE: 'client-1 client-2' };
    for (const aud of ['client-1', 'client-2', ['other', 'client-2']])
      expect(await contextOf({ aud }, settings)).toMatchObject({ tenant_id: 't_acme' });
    const cognito = { aud: undefined, token_use: 'access' };
    expect(await contextOf({ ...cognito, client_id: 'client-2' }, settings)).toMatchObject({
      tenant_id: 't_acme',
    });
    for (const aud of ['client-3', 'client-1 client-2', '', [], ['client-3'], 'client'])
      expect(await contextOf({ aud }, settings)).toMatch(/another audience/);
  });
});

describe('of several keys that fit', () => {
  it.each([
    ['under one kid (jose#392)', { kid: 'k1' }],
    ['for a token without a kid', { kid: undefined }],
  ])('%s each is tried', async (_kind, header) => {
    const other = await issuer.addKey('k1');
    const authorize = await start();
    for (const signer of [key, other])
      expect(await authorize(`Bearer ${await signer.sign({}, header)}`)).toMatchObject({
        isAuthorized: true,
      });
    issuer.state.keys = [];
    const stranger = await issuer.addKey('k1');
    expect((await authorize(`Bearer ${await stranger.sign({}, header)}`)).isAuthorized).toBe(false);
    expect((await authorize(`Bearer ${await other.sign({ exp: 1 }, header)}`)).isAuthorized).toBe(false);
    expect(reasons).toEqual([
      expect.stringMatching(/signature verification failed/),
      expect.stringMatching(/"exp" claim timestamp check failed/),
    ]);
  });
});

describe('Ed25519 is one algorithm under two names (better-auth#11348, RFC 9864):', () => {
  it.each([
    ['Ed25519', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
    ['EdDSA', 'Ed25519'],
    ['Ed25519', undefined],
  ])('a token that says %s, a key that says %s', async (alg, keyAlg) => {
    const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'ed', ...(keyAlg && { alg: keyAlg }) };
    issuer.state.keys = [jwk];
    const token = await new SignJWT({
      iss: issuer.issuer,
      aud: 'nexus',
      sub: 'u',
      exp: 4e9,
      tenant_id: 'acme',
    })
      .setProtectedHeader({ alg, kid: 'ed' })
      .sign(privateKey);
    expect(await (await start())(`Bearer ${token}`)).toMatchObject({ isAuthorized: true });
  });
});

it('a long text of a token’s is not echoed at length', async () => {
  const name = 'x'.repeat(5000);
  const authorize = await start();
  await authorize(`Bearer ${await key.sign({}, { crit: [name], [name]: 1 })}`);
  expect(reasons.join()).toContain('xxx');
  expect(reasons.join().length).toBeLessThanOrEqual(200);
});

it('an ID token of Keycloak’s is refused', async () => {
  expect(await contextOf({ typ: 'ID' })).toBe('not an access token');
  expect(await contextOf({ typ: 'Bearer' })).toMatchObject({ tenant_id: 't_acme' });
});

describe('keys that are set inline', () => {
  it('verify tokens with nobody asked', async () => {
    issuer.requests.length = 0;
    const authorize = await start({ JWKS: JSON.stringify({ keys: [key.jwk] }) });
    expect(await authorize(`Bearer ${await key.sign()}`)).toMatchObject({ isAuthorized: true });
    const other = await issuer.addKey('k2');
    expect((await authorize(`Bearer ${await other.sign()}`)).isAuthorized).toBe(false);
    expect(issuer.requests).toEqual([]);
  });

  it('that are no JWK set are named at start', async () => {
    await expect(start({ JWKS: '{"keys":1}' })).rejects.toThrow('missing or malformed: JWKS');
  });
});
