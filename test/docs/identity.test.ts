import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundle } from '../../lib/bundle.ts';
import { checkIdentity, type IdentitySettings, identityEnvironment } from '../../lib/identity-settings.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const FOLDER = join(import.meta.dirname, '../../docs/identity');
const pages = readdirSync(FOLDER).filter((file) => file !== 'README.md');

/** On Lambda no package.json is around a bundle, so that it is CommonJS. */
const directory = temporaryDirectory();
const require = createRequire(import.meta.url);
let privateKey: CryptoKey;
let jwk: JWK;

beforeAll(async () => {
  copyFileSync(join(bundle('authorizer'), 'index.js'), join(directory, 'index.cjs'));
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

interface Shape {
  readonly header: Readonly<Record<string, unknown>>;
  readonly token: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The settings of a page's command, as `bin/` reads them, and each of its tokens with what is made of it. */
function readPage(file: string): { settings: IdentitySettings; shapes: Shape[]; text: string } {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)(?: (\w+))?\n(.*?)^```$/gms)];
  const [, , , command = ''] = blocks.find(([, language]) => language === 'sh') ?? [];
  const options = [...command.matchAll(/ -c (\w+)=(\S*)/g)].map(([, name = '', value = '']) => [
    name,
    ['audience', 'scopeClaim'].includes(name) ? value.split(',') : value,
  ]);
  const json = (kind: string) =>
    blocks.flatMap(([, , info, body = '']) => (info === kind ? [JSON.parse(body)] : []));
  const contexts = json('context');
  const headerOf = (index: number) => {
    const [before] = blocks.flatMap(([, , info], at) =>
      info === 'token' && blocks.slice(0, at).filter(([, , other]) => other === 'token').length === index
        ? [blocks[at - 1]]
        : [],
    );
    return before?.[2] === 'header' ? JSON.parse(before[3] ?? '') : {};
  };
  return {
    text,
    settings: checkIdentity(Object.fromEntries(options)),
    shapes: json('token').map((token, index) => ({
      token,
      header: headerOf(index),
      context: contexts[index],
    })),
  };
}

/** The bundle as a new container loads it; the keys come with the settings, for the issuer is nobody's here. */
function startBundle(settings: IdentitySettings) {
  const { jwksUri: _, ...inline } = { ...settings, jwks: { keys: [{ ...jwk }] } };
  const environment = { ...identityEnvironment(checkIdentity(inline)), DEFAULT_ENV: 'dev' };
  for (const name of ['ENV_CLAIM', 'SCOPE_PREFIX', 'JWKS_URI']) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const file = join(directory, 'index.cjs');
  delete require.cache[file];
  const { handler } = require(file);
  return async (token: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}) => {
    const { typ, ...rest } = { typ: 'JWT', ...header };
    const text = await new SignJWT({ ...token, exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...(typeof typ === 'string' && { typ }), ...rest })
      .sign(privateKey);
    return handler({
      headers: { authorization: `Bearer ${text}` },
      requestContext: { requestId: 'r' },
    });
  };
}

describe.each(pages)('docs/identity/%s', (file) => {
  const { settings, shapes, text } = readPage(file);

  it('cites the vendor’s own page', () => {
    expect(text).toMatch(/^Shape: <https:\/\//m);
  });

  it('has tokens of which the bundle makes the context that it says', async () => {
    expect(shapes.length).toBeGreaterThan(0);
    const authorize = startBundle(settings);
    for (const { token, header, context } of shapes)
      expect(await authorize(token, header)).toEqual({ isAuthorized: true, context });
  });

  it('has tokens that are refused for another audience or issuer, and give no tenant without its claim', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const authorize = startBundle(settings);
    const refused = { isAuthorized: false, context: {} };
    for (const { token } of shapes) {
      expect(await authorize({ ...token, aud: 'other', client_id: 'other' })).toEqual(refused);
      expect(await authorize({ ...token, aud: undefined, client_id: undefined })).toEqual(refused);
      expect(await authorize({ ...token, iss: `${token['iss']}x` })).toEqual(refused);
      const [claim = ''] = (settings.tenantClaim ?? 'tenant_id').split('.');
      const { context } = await authorize({ ...token, [claim]: undefined });
      expect(context).toMatchObject({ env: 'dev' });
      expect(JSON.parse(JSON.stringify(context))).not.toHaveProperty('tenant_id');
    }
  });
});

it('the README of the folder names every page', () => {
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  for (const page of pages) expect(readme).toContain(`(${page})`);
});
