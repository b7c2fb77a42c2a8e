import { afterEach, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../../lambdas/sdk/environment-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

function stub(id?: string, secret?: string, token?: string): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_SESSION_TOKEN', token);
}

test('gives what is in the environment', async () => {
  stub('id', 'secret', 'token');
  expect(await defaultProvider()()).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
});

test('does without a session token', async () => {
  stub('id', 'secret');
  expect(await defaultProvider()()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
});

test.each([
  [undefined, 'secret'],
  ['id', undefined],
  ['', 'secret'],
])('names the variables when one is missing (%s, %s)', async (id, secret) => {
  stub(id, secret);
  await expect(defaultProvider()()).rejects.toThrow(/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
});
