import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundle } from '../../lib/bundle.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts';

describe.each(FUNCTION_NAMES)('%s', (name) => {
  const directory = bundle(name);
  const source = readFileSync(join(directory, 'index.js'), 'utf8');

  test('is one file of CommonJS', () => {
    expect(readdirSync(directory)).toEqual(['index.js']);
    expect(source.includes('exports.handler=')).toBe(true);
  });

  test('imports nothing but what comes with Node.js', () => {
    const imports = source.matchAll(/\b(?:require|import)\((["'`])(.+?)\1\)/g);
    const imported = [...imports].map(([, , specifier]) => specifier);
    // Messages name these two: they are for signatures of several Regions, and only where they are installed.
    const named = ['@aws-sdk/signature-v4-crt', '@aws-sdk/signature-v4a'];
    expect(imported.filter((specifier) => !named.includes(String(specifier)))).toSatisfy(
      (specifiers: string[]) => specifiers.every((specifier) => specifier.startsWith('node:')),
    );
  });

  test('holds no source of credentials but the environment', () => {
    expect(source).not.toMatch(
      /AWS_WEB_IDENTITY_TOKEN_FILE|AWS_CONTAINER_CREDENTIALS|sso_session|credential_process|169\.254\.170/,
    );
  });
});

test('a bundle that is not there is one line, with what builds it', () => {
  const missing = () => bundle('none' as FunctionName);
  expect(missing).toThrow(/^There is no bundle of none in .+: npm run build:functions builds it$/);
});
