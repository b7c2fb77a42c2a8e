import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const FUNCTION_NAMES = [
  'authorizer',
  'presign-upload',
  'register',
  'get-asset',
  'publish-events',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** What Lambda calls in a bundle: `handler`, exported by `index.js`. */
export const HANDLER = 'index.handler';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles `lambdas/<name>.ts` with all that it imports, and returns the directory that holds it as `index.js`.
 *
 * @throws BuildFailure of esbuild, when the sources do not build
 */
export function bundle(name: FunctionName): string {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [`lambdas/${name}.ts`],
    outfile: 'index.js',
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The SDK's ES modules leave out what is not used; its CommonJS ones cannot.
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': './lambdas/core/environment-credentials.ts',
      // s3-presigned-post depends on a client-s3 of its own version: one of them is enough.
      '@aws-sdk/client-s3': './node_modules/@aws-sdk/client-s3',
    },
    logLevel: 'silent',
  });
  const directory = join(ROOT, '.build', name);
  for (const { contents } of outputFiles) replace(directory, 'index.js', contents);
  return directory;
}

/** Leaves the same contents alone and moves others in whole: several processes may synthesize at once. */
function replace(directory: string, file: string, contents: Uint8Array): void {
  const path = join(directory, file);
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(directory, { recursive: true });
  // Beside the directory, never in it: all that is in it is deployed.
  const temporary = `${directory}.${process.pid}.js`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
