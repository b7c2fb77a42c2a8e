import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from './support/temporary.ts';

const DOCUMENT = new URL('../docs/openapi.json', import.meta.url).pathname;

/** The generator needs a TypeScript that is written in JavaScript. */
const PACKAGES = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'];

const folder = temporaryDirectory();
const TMPDIR = temporaryDirectory();
const run = (file: string, ...args: readonly string[]) =>
  promisify(execFile)(file, args, { cwd: folder, env: { ...process.env, TMPDIR } });

/** A client that somebody makes of the document. */
const CLIENT = `
  import createClient from 'openapi-fetch';
  import type { components, paths } from './api.d.ts';

  const api = createClient<paths>({ baseUrl: 'http://127.0.0.1:4000', headers: { Authorization: 'Bearer …' } });

  export async function upload(filename: string, sha256: string): Promise<components['schemas']['RegisteredAsset']> {
    const form = await api.POST('/nexus/raw/presign-upload', { body: { filename, sha256 } });
    if (form.error) throw new Error('code' in form.error ? form.error.code : form.error.message);
    const { asset_id } = form.data;
    const { data } = await api.POST('/nexus/raw/register', { body: { asset_id } });
    if (!data) throw new Error('not registered');
    const { data: page } = await api.GET('/nexus/raw', { params: { query: { limit: 10, content_type: 'image/*' } } });
    for (const asset of page?.items ?? []) if (asset.status === 'deleted') console.log(asset.purge_at);
    const { data: batch } = await api.POST('/nexus/raw/batch/register', { body: { items: [{ asset_id }] } });
    for (const { status, body } of batch?.items ?? []) console.log(status, 'code' in body ? body.code : body.sha256);
    return data;
  }

  // @ts-expect-error a file has a name
  export const nameless = () => api.POST('/nexus/raw/presign-upload', { body: {} });
  // @ts-expect-error there is no such route
  export const wrong = () => api.GET('/nexus/raw/nowhere');
  // @ts-expect-error nor such a scheme of registering
  export const odd = () => api.POST('/nexus/raw/presign-upload', { body: { filename: 'a', register: 'later' } });
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...PACKAGES);
});

test('openapi-typescript makes a client of docs/openapi.json whose types are right', async () => {
  await run('npx', 'openapi-typescript', DOCUMENT, '--output', 'api.d.ts');
  writeFileSync(join(folder, 'client.ts'), CLIENT);
  const options = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--allowImportingTsExtensions',
  ];
  const { stdout } = await run('npx', 'tsc', ...options, 'client.ts').catch((error) => error);
  expect(stdout).toBe('');
});
