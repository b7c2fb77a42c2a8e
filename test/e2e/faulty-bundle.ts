import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../../lib/bundler.ts';
import type { FunctionName } from '../../lib/function-names.ts';
import { LOGICAL_ID_PREFIXES } from '../support/synth.ts';

/** In a file under `lambdas/`, some text and what the bug has in its place. */
export type Fault = readonly [file: string, text: string, bug: string];

interface FunctionJson {
  readonly Type: string;
  readonly Metadata?: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where a cloud that keeps everything in `dir` has a function's bundle: under its template's name for it. */
export function bundleDirectory(dir: string, name: FunctionName): string {
  const [path] = globSync(join(dir, 'cdk.out', '*.template.json'));
  const { Resources } = JSON.parse(readFileSync(path ?? '', 'utf8')) as {
    Resources: Record<string, FunctionJson>;
  };
  const [, found] =
    Object.entries(Resources).find(
      ([logicalId, { Type }]) =>
        Type === 'AWS::Lambda::Function' && logicalId.startsWith(LOGICAL_ID_PREFIXES[name]),
    ) ?? [];
  return join(dirname(path ?? ''), String(found?.Metadata?.['aws:asset:path']));
}

/**
 * Puts a bundle of a function with faults in its sources in the place of the right one, built as that one is.
 *
 * @throws Error where a fault's text is not there exactly once
 */
export async function breakBundle(
  directory: string,
  name: FunctionName,
  faults: readonly Fault[],
): Promise<void> {
  const missing = new Set(faults);
  const { code } = await compile(name, [
    {
      name: 'faults',
      transform(source, id) {
        let faulty = source;
        for (const fault of faults.filter(([file]) => id === join(ROOT, 'lambdas', file))) {
          const [, text, bug] = fault;
          if (faulty.split(text).length !== 2) throw new Error(`${id} has not once: ${text}`);
          faulty = faulty.replace(text, () => bug);
          missing.delete(fault);
        }
        return faulty;
      },
    },
  ]);
  if (missing.size > 0) throw new Error(`${name} is not made of ${[...missing].map(([file]) => file)}`);
  writeFileSync(join(directory, 'index.js'), code);
}
