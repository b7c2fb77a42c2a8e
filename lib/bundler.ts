import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { type BundleError, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { BUILD_DIRECTORY } from './bundle.ts';
import { FUNCTION_NAMES, type FunctionName } from './function-names.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Modules that the bundles do without, and the file under `lambdas/sdk` that each is replaced by. */
export type StandIns = Readonly<Record<string, string>>;

/**
 * The SDK's clients bring along what no function of this service uses:
 * https://github.com/aws/aws-sdk-js-v3/issues/7607. These modules are replaced because each saves more than 2 KB of a
 * zipped bundle (see docs/decisions/0008-bundles-by-rolldown.md); everything else of the SDK is bundled as published.
 */
export const STAND_INS: StandIns = {
  '@aws-sdk/credential-provider-node': 'environment-credentials.ts',
  '@smithy/core/event-streams': 'no-event-streams.ts',
  '@aws-sdk/middleware-endpoint-discovery': 'no-endpoint-discovery.ts',
};

/**
 * Builds the bundles of all functions in `.build/`. Several processes may do so at once.
 *
 * @throws Error in one line where a function does not build, or where a stand-in replaces nothing
 */
export async function buildFunctions(standIns: StandIns = STAND_INS): Promise<void> {
  const chunks = await Promise.all(FUNCTION_NAMES.map((name) => compile(name, [], standIns)));
  const bundled = new Set(chunks.flatMap(({ moduleIds }) => moduleIds));
  for (const [module, file] of Object.entries(standIns)) {
    if (bundled.has(standInPath(file))) continue;
    throw new Error(`No function imports ${module}: its stand-in ${file} replaces nothing`);
  }
  // On Lambda no package.json is around a bundle, and Node.js then loads it as CommonJS; here ours would say otherwise.
  replace(join(BUILD_DIRECTORY, 'package.json'), '{"type":"commonjs"}\n');
  for (const [index, name] of FUNCTION_NAMES.entries()) {
    replace(join(BUILD_DIRECTORY, name, 'index.js'), (chunks[index] as OutputChunk).code);
  }
}

/**
 * Bundles `lambdas/<name>.ts` with all that it imports into one file of CommonJS.
 *
 * @param plugins what else Rolldown is to do
 * @throws Error in one line where that fails: file, line and column, then what is wrong; its cause is Rolldown's error
 */
export async function compile(
  name: FunctionName,
  plugins: readonly Plugin[] = [],
  standIns: StandIns = STAND_INS,
): Promise<OutputChunk> {
  try {
    await using build = await rolldown({
      cwd: ROOT,
      input: `lambdas/${name}.ts`,
      platform: 'node',
      transform: { target: 'node24' },
      resolve: {
        // The SDK's ES modules let the bundler leave out what is not used; its CommonJS ones do not.
        mainFields: ['module', 'main'],
        alias: Object.fromEntries(
          Object.entries(standIns).map(([module, file]) => [module, standInPath(file)]),
        ),
      },
      plugins: [...plugins],
      // How long plugins take is no warning of what is built.
      checks: { pluginTimings: false },
      // An import that cannot be resolved is a warning to Rolldown, and would fail at the function's start.
      logLevel: 'warn',
      onLog: (level, log, handle) => handle(level === 'warn' ? 'error' : level, log),
    });
    const { output } = await build.generate({ format: 'cjs', minify: true, codeSplitting: false });
    return output[0];
  } catch (error) {
    throw new Error(firstProblem(error as Partial<BundleError>), { cause: error });
  }
}

const standInPath = (file: string) => join(ROOT, 'lambdas/sdk', file);

/** Rolldown's message is coloured, and shows the source over many lines. */
function firstProblem(error: Partial<BundleError>): string {
  const [first] = error.errors ?? [];
  const [text] = stripVTControlCharacters(first?.message ?? String(error.message)).split('\n');
  if (first?.loc?.file === undefined) return String(text);
  const { file, line, column } = first.loc;
  return `${relative(ROOT, file)}:${line}:${column + 1}: ${text}`;
}

/** Leaves the same contents alone, and replaces others as a whole: another process may be reading them. */
function replace(path: string, contents: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === contents) return;
  mkdirSync(dirname(path), { recursive: true });
  // Not in the directory of the bundle: everything in that is deployed.
  const temporary = join(BUILD_DIRECTORY, `.${randomUUID()}`);
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
