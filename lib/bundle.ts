import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionName } from './function-names.ts';

/** `.build/` of this repository, and of the package, which comes with its bundles. */
export const BUILD_DIRECTORY = fileURLToPath(new URL('../.build', import.meta.url));

/**
 * The directory that holds the bundle of `lambdas/<name>.ts` as `index.js`, which `lib/bundler.ts` builds.
 *
 * @throws Error where it has not been built
 */
export function bundle(name: FunctionName): string {
  for (const directory of [BUILD_DIRECTORY, installedDirectory()]) {
    const found = join(directory, name);
    if (existsSync(join(found, 'index.js'))) return found;
  }
  throw new Error(`There is no bundle of ${name} in ${BUILD_DIRECTORY}: npm run build:functions builds it`);
}

/** An app may bundle this code into its own file, and then the package's folder is no longer beside it. */
function installedDirectory(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('nexus-raw-storage/package.json')), '.build');
  } catch {
    return BUILD_DIRECTORY;
  }
}
