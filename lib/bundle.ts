import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
  const directory = join(BUILD_DIRECTORY, name);
  if (existsSync(join(directory, 'index.js'))) return directory;
  throw new Error(`There is no bundle of ${name} in ${BUILD_DIRECTORY}: npm run build:functions builds it`);
}
