import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contextNames } from '../../lib/context.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs the app as the CDK's command line does, with context as `-c` would give it. */
function run(context: Record<string, unknown>) {
  const outdir = temporaryDirectory();
  const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      // Takes seconds, and is `cdk synth`'s to do.
      CDK_VALIDATION: 'false',
    },
  });
  const [stack] = status === 0 ? globSync('*.template.json', { cwd: outdir }) : [];
  const template = stack && readFileSync(join(outdir, stack), 'utf8');
  return { status, stderr, stack, template: template ? JSON.parse(template) : undefined };
}

const required = { issuer: 'https://issuer.example', audience: 'nexus' };

test.each([
  [{}, 'Missing issuer: npx cdk deploy -c issuer=https://issuer.example -c audience=nexus'],
  [
    { ...required, env: 'Production' },
    'Invalid env "Production": it must be 1 to 16 of a-z 0-9 -, beginning with a letter or digit',
  ],
  [{ ...required, jwks: '{' }, 'Invalid jwks "{": it must be JSON'],
  [{ ...required, maxUploadBytes: '5 GB' }, 'Invalid maxUploadBytes "5 GB": it must be a whole number'],
  [
    { ...required, env: '' },
    'Invalid env "": it must be 1 to 16 of a-z 0-9 -, beginning with a letter or digit',
  ],
  [{ ...required, deletionProtection: 'yes' }, 'Invalid deletionProtection "yes": it must be true or false'],
  [{ ...required, throttleRate: '0' }, 'Invalid throttleRate 0: it must be a whole number of 1 or more'],
])('%j ends with exactly one line', (context, line) => {
  expect(run(context)).toEqual({ status: 1, stderr: `${line}\n` });
});

test('reads text as -c gives it, and values as cdk.json may hold them', () => {
  const { status, stderr, template } = run({
    ...required,
    env: 'prod',
    allowedOrigins: 'https://app.example, http://localhost:5173',
    maxUploadBytes: '1000',
    uploadExpirySeconds: 60,
    scopePrefix: 'nexus/',
    audience: 'client-1, client-2',
    tenantClaim: 'app_metadata.tenant_id',
    scopeClaim: ['scp', 'roles'],
    envClaim: '',
    jwks: '{"keys":[{"kty":"OKP"}]}',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const text = JSON.stringify(template);
  expect(text).toContain('"AllowedOrigins":["https://app.example","http://localhost:5173"]');
  expect(text).toContain('"MAX_UPLOAD_BYTES":"1000"');
  expect(text).toContain('"UPLOAD_EXPIRY_SECONDS":"60"');
  expect(text).toContain('"SCOPE_PREFIX":"nexus/"');
  expect(text).toContain('"JWT_AUDIENCE":"client-1 client-2"');
  expect(text).toContain('"TENANT_CLAIM":"app_metadata.tenant_id"');
  expect(text).toContain('"SCOPE_CLAIM":"scp roles"');
  expect(text).not.toContain('ENV_CLAIM');
  expect(text).toContain(JSON.stringify({ JWKS: '{"keys":[{"kty":"OKP"}]}' }).slice(1, -1));
  expect(text).toContain('"DeletionProtectionEnabled":true');
});

test.each([
  [undefined, 'NexusRawStorage-dev.template.json'],
  ['prod', 'NexusRawStorage-prod.template.json'],
  ['eu-west-1', 'NexusRawStorage-eu-west-1.template.json'],
  ['a-', 'NexusRawStorage-a-.template.json'],
])(
  'the env %s is in the stack’s name, so that each env is a stack of its own (aws-cdk#12445)',
  (env, name) => {
    const { status, stderr, stack } = run({ ...required, ...(env !== undefined && { env }) });
    expect({ status, stderr, stack }).toEqual({ status: 0, stderr: '', stack: name });
  },
);

/** Each as `-c` gives it, and what of it must be in the template. */
const SETTINGS: Readonly<Record<string, readonly [value: string, inTemplate: string]>> = {
  issuer: ['https://other.example', '"JWT_ISSUER":"https://other.example"'],
  audience: ['client-1,client-2', '"JWT_AUDIENCE":"client-1 client-2"'],
  jwksUri: ['https://other.example/keys', '"JWKS_URI":"https://other.example/keys"'],
  tenantClaim: ['org', '"TENANT_CLAIM":"org"'],
  scopeClaim: ['scp', '"SCOPE_CLAIM":"scp"'],
  scopePrefix: ['nexus/', '"SCOPE_PREFIX":"nexus/"'],
  envClaim: ['stage', '"ENV_CLAIM":"stage"'],
  env: ['staging', '"DEFAULT_ENV":"staging"'],
  allowedOrigins: ['https://app.example', '"AllowedOrigins":["https://app.example"]'],
  maxUploadBytes: ['1000', '"MAX_UPLOAD_BYTES":"1000"'],
  maxHashBytes: ['100', '"MAX_HASH_BYTES":"100"'],
  uploadExpirySeconds: ['60', '"UPLOAD_EXPIRY_SECONDS":"60"'],
  deleteRetentionDays: ['7', '"DELETE_RETENTION_DAYS":"7"'],
  deletionProtection: ['true', '"DeletionProtectionEnabled":true'],
  throttleRate: ['7', '"ThrottlingRateLimit":7'],
  throttleBurst: ['9', '"ThrottlingBurstLimit":9'],
  publisherParallelization: ['2', '"ParallelizationFactor":2'],
  redrivers: ['arn:aws:iam::111122223333:role/operator', '"arn:aws:iam::111122223333:role/operator"'],
  alarmEmail: ['ops@example.com', '"Endpoint":"ops@example.com"'],
  runbookUrl: ['https://wiki.example/nexus', 'Runbook: https://wiki.example/nexus#'],
};
/** It is there in place of `jwksUri`. */
const INLINE_KEYS = ['{"keys":[{"kty":"OKP"}]}', '"JWKS":'] as const;

test('every setting is read as -c gives it', () => {
  const given = Object.entries(SETTINGS);
  const { status, stderr, template } = run(Object.fromEntries(given.map(([name, [value]]) => [name, value])));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const text = JSON.stringify(template);
  for (const [name, [, inTemplate]] of given) expect(text, name).toContain(inTemplate);
  const plain = JSON.stringify(run(required).template);
  for (const [name, [, inTemplate]] of given) expect(plain, name).not.toContain(inTemplate);
  // Pages of loopback origins are let in on one machine alone.
  for (const deployed of [text, plain]) expect(deployed).not.toMatch(/localhost|127\.0\.0\.1|\[::1\]/);
  expect(plain).not.toMatch(/Cors/);
  const [jwks, inTemplate] = INLINE_KEYS;
  expect(JSON.stringify(run({ ...required, jwks }).template)).toContain(inTemplate);
  expect([...Object.keys(SETTINGS), 'jwks'].sort()).toEqual(settingsOfApp());
});

const settingsOfApp = () => [...contextNames()].sort();

test('every setting that context may hold has its row in the README, and no other has', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const [, table = ''] = /^\| context \| default \| means \|\n(.+?)\n\n/ms.exec(read('README.md')) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(settingsOfApp().length).toBeGreaterThan(10);
  expect(rows.toSorted()).toEqual(settingsOfApp());
});
