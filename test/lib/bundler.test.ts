import { expect, test } from 'vitest';
import { buildFunctions, compile, STAND_INS } from '../../lib/bundler.ts';

/** Bundles a function whose own source is `code`. */
const bundling = (code: string) =>
  compile('authorizer', [
    { name: 'source', load: (id) => (id.endsWith('/lambdas/authorizer.ts') ? code : undefined) },
  ]);

test('a stand-in for what no function imports fails the build', async () => {
  await expect(buildFunctions({ ...STAND_INS, '@aws-sdk/none': 'none.ts' })).rejects.toThrow(
    'No function imports @aws-sdk/none: its stand-in none.ts replaces nothing',
  );
});

test.each([
  ['does not parse', 'export const handler = () => {', /^lambdas\/authorizer\.ts:1:31: .+$/],
  ['imports a package that is not there', "\nimport 'none';", /^lambdas\/authorizer\.ts:2:8: .+'none'.*$/],
  [
    'reads an export that is not there',
    "import * as middy from '@middy/core';\nexport const handler = middy.none;",
    /^lambdas\/authorizer\.ts:2:24: .+none.+$/,
  ],
])('a function that %s fails the build in one line', async (_, code, message) => {
  const error = await bundling(code).catch((thrown) => thrown);
  expect(error.message).toMatch(message);
});

test('what a plugin throws fails the build with its message', async () => {
  const plugin = {
    name: 'fails',
    transform() {
      throw new Error('no luck');
    },
  };
  await expect(compile('authorizer', [plugin])).rejects.toThrow(/^no luck$/);
});
