import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundle } from '../../lib/bundle.ts';
import { FUNCTION_NAMES } from '../../lib/function-names.ts';

describe.each(FUNCTION_NAMES)('%s', (name) => {
  const directory = bundle(name);
  const source = readFileSync(join(directory, 'index.js'), 'utf8');

  test('is one file of CommonJS', () => {
    expect(readdirSync(directory)).toEqual(['index.js']);
    expect(source).toContain('module.exports=');
  });

  test('imports nothing but what comes with Node.js', () => {
    const imported = [...source.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, specifier]) => specifier);
    // Only for signatures of several Regions, and only where it is installed.
    expect(imported.filter((specifier) => specifier !== '@aws-sdk/signature-v4-crt')).toSatisfy(
      (specifiers: string[]) => specifiers.every((specifier) => specifier.startsWith('node:')),
    );
  });

  test('holds no source of credentials but the environment', () => {
    expect(source).not.toMatch(
      /AWS_WEB_IDENTITY_TOKEN_FILE|AWS_CONTAINER_CREDENTIALS|sso_session|credential_process|169\.254\.170/,
    );
  });
});
