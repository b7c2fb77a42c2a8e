import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
  const template = status === 0 && readFileSync(join(outdir, 'NexusRawStorage.template.json'), 'utf8');
  return { status, stderr, template: template ? JSON.parse(template) : undefined };
}

const required = { issuer: 'https://issuer.example', audience: 'nexus' };

test.each([
  [{}, 'Missing issuer: npx cdk deploy -c issuer=https://issuer.example -c audience=nexus'],
  [{ ...required, env: 'production' }, 'Invalid env "production": it must be one of dev, staging, prod'],
  [{ ...required, maxUploadBytes: '5 GB' }, 'Invalid maxUploadBytes "5 GB": it must be a whole number'],
])('%j ends with exactly one line', (context, line) => {
  expect(run(context)).toEqual({ status: 1, stderr: `${line}\n`, template: undefined });
});

test('reads text as -c gives it, and values as cdk.json may hold them', () => {
  const { status, stderr, template } = run({
    ...required,
    env: 'prod',
    allowedOrigins: 'https://app.example, http://localhost:5173',
    maxUploadBytes: '1000',
    uploadExpirySeconds: 60,
    scopePrefix: 'nexus/',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const text = JSON.stringify(template);
  expect(text).toContain('"AllowedOrigins":["https://app.example","http://localhost:5173"]');
  expect(text).toContain('"MAX_UPLOAD_BYTES":"1000"');
  expect(text).toContain('"UPLOAD_EXPIRY_SECONDS":"60"');
  expect(text).toContain('"SCOPE_PREFIX":"nexus/"');
  expect(text).toContain('"DeletionProtectionEnabled":true');
});
