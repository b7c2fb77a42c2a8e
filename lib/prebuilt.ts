import { fileURLToPath } from 'node:url';
import type { FunctionName } from './function-names.ts';

/** As `bundle.ts` has it, in the package: there the bundles lie beside the constructs. */
export function bundle(name: FunctionName): string {
  return fileURLToPath(new URL(`../functions/${name}`, import.meta.url));
}
