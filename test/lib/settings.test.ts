import { describe, expect, test } from 'vitest';
import { checkIdentity } from '../../lib/identity-settings.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { type Settings, validateSettings } from '../../lib/settings.ts';

const required: Settings = { issuer: 'https://issuer.example', audience: 'nexus' };

/** Any value, as context may hold. */
function validate(settings: Record<string, unknown>): void {
  checkIdentity({ ...required, ...settings });
  validateSettings(settings);
}

test('issuer and audience are enough', () => {
  expect(() => validate({})).not.toThrow();
});

test.each([
  ['issuer', ''],
  ['audience', ''],
  ['audience', []],
  ['audience', ['nexus', '']],
])('without %s, %j, the error says what to type', (name, value) => {
  expect(() => validate({ [name]: value })).toThrow(
    new SettingError(`Missing ${name}: npx cdk deploy -c issuer=https://issuer.example -c audience=nexus`),
  );
});

const ACCEPTED = {
  issuer: [
    'https://a.example/realms/x',
    'https://a.example/',
    'http://127.0.0.1:8080',
    'http://localhost',
    'http://[::1]:1',
  ],
  jwksUri: ['https://a.example/jwks.json', 'http://localhost:1/jwks'],
  jwks: [{ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }] }],
  audience: ['nexus', 'https://api.example', ['client-1', 'client-2']],
  scopePrefix: ['', 'nexus/', 'api://x/'],
  tenantClaim: ['tenant_id', 'custom:tenant', 'https://claims.example/tenant', 'app_metadata.tenant_id'],
  scopeClaim: ['scp', 'permissions', 'realm_access.roles', ['scp', 'roles']],
  envClaim: ['', 'env', 'custom:env'],
  env: ['dev', 'staging', 'prod', 'production', 'eu-west-1', '0', 'a'.repeat(16)],
  allowedOrigins: [[], ['*'], ['https://app.example', 'http://localhost:5173']],
  maxUploadBytes: [1, 5368709120],
  maxHashBytes: [1, 268435456],
  uploadExpirySeconds: [1, 900, 2700],
  publisherParallelization: [1, 10],
  redrivers: [
    [],
    ['arn:aws:iam::111122223333:role/operator'],
    ['arn:aws-cn:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*'],
  ],
};

const REFUSED = {
  issuer: [
    'http://issuer.example',
    'issuer.example',
    'ftp://x',
    'https://',
    ' https://a.example',
    'https://a.example\n',
  ],
  jwksUri: ['', 'http://issuer.example/jwks', 'file:///jwks.json'],
  jwks: [
    {},
    { keys: [] },
    { keys: ['x'] },
    { keys: [{ kid: 'k' }] },
    { keys: [{ kty: 'OKP', x: 'x', d: 'private' }] },
    { keys: [{ kty: 'oct', k: 'secret' }] },
    { keys: [{ kty: 'RSA', n: 'n'.repeat(3000) }] },
  ],
  audience: ['two words', ' nexus', ['nexus', 'two words']],
  scopePrefix: ['nexus ', 'a"b', 'ä/'],
  tenantClaim: ['', 'tenant id'],
  scopeClaim: ['', 'a b', [], ['scp', '']],
  envClaim: [' ', 'a b'],
  env: ['', 'Dev', 'a_b', '-a', 'a'.repeat(17), 'prod\n'],
  allowedOrigins: [
    [''],
    ['app.example'],
    ['https://app.example/'],
    ['https://app.example/path'],
    ['https://*.example', 'null'],
    ['ftp://app.example'],
  ],
  maxUploadBytes: [0, -1, 1.5, 5368709121, Number.NaN, Number.POSITIVE_INFINITY],
  maxHashBytes: [0, 5368709121, Number.NaN],
  uploadExpirySeconds: [0, 2701, 0.5, Number.NaN],
  publisherParallelization: [0, 11, 1.5, Number.NaN],
  redrivers: [[''], ['operator'], ['111122223333'], ['arn:aws:iam::111122223333:role/a b']],
};

const cases = (table: Record<string, readonly unknown[]>) =>
  Object.entries(table).flatMap(([name, values]) => values.map((value) => [name, value] as const));

test('keys are given inline, or an address of them, not both', () => {
  const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }] };
  expect(() => validate({ jwks, jwksUri: 'https://a.example/jwks' })).toThrow(/^Invalid jwksUri /);
});

describe('accepts', () => {
  test.each(cases(ACCEPTED))('%s %j', (name, value) => {
    expect(() => validate({ [name]: value })).not.toThrow();
  });
});

describe('refuses, in one line that names the setting,', () => {
  test.each(cases(REFUSED))('%s %j', (name, value) => {
    expect(() => validate({ [name]: value })).toThrow(SettingError);
    expect(() => validate({ [name]: value })).toThrow(new RegExp(`^Invalid ${name} .*: it must be .+$`));
  });
});
