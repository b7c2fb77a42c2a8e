import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { openIssuer } from '../../../local/dev/issuer.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const url = 'http://127.0.0.1:4000';
const open = (dir = temporaryDirectory()) =>
  openIssuer({ dir, url, audience: 'nexus-local' }).then((issuer) => ({ dir, issuer }));

test('issues tokens that its own key set verifies', async () => {
  const { issuer } = await open();
  const token = await issuer.issue({ tenant_id: 't_demo', scope: 'raw:read' });
  const keys = createLocalJWKSet(issuer.jwks as JSONWebKeySet);
  const { payload } = await jwtVerify(token, keys, {
    issuer: url,
    audience: 'nexus-local',
    algorithms: ['ES256'],
  });
  expect(payload).toMatchObject({ tenant_id: 't_demo', scope: 'raw:read', sub: 'developer' });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(12 * 3600);
});

test('lets claims be chosen, `sub` and `exp` too', async () => {
  const { issuer } = await open();
  expect(decodeJwt(await issuer.issue({ sub: 'somebody', exp: 1 }))).toMatchObject({
    sub: 'somebody',
    exp: 1,
  });
});

test('publishes no private part of its key', async () => {
  const { issuer } = await open();
  expect(issuer.jwks.keys).toHaveLength(1);
  expect(Object.keys(issuer.jwks.keys[0] ?? {}).sort()).toEqual([
    'alg',
    'crv',
    'kid',
    'kty',
    'use',
    'x',
    'y',
  ]);
});

test('keeps its key for the next opening, readable by the owner alone', async () => {
  const { dir, issuer } = await open();
  const again = await open(dir);
  expect(again.issuer.jwks).toEqual(issuer.jwks);
  expect(statSync(join(dir, 'issuer-key.json')).mode & 0o777).toBe(0o600);
});

test('discovery names the issuer and its key set', async () => {
  const { issuer } = await open();
  expect(issuer.discovery).toMatchObject({ issuer: url, jwks_uri: `${url}/.well-known/jwks.json` });
});
