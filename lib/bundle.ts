import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { FUNCTION_NAMES, type FunctionName } from './function-names.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The only error of the SDK that the service asks for by its class: any other is one of its service's base class. */
const KEPT_ERROR = 'ConditionalCheckFailedException';

/**
 * The SDK describes every operation and error of a service in tables. esbuild keeps them all: a table's keys are names of
 * string constants, which might have side effects for all it knows, and every error is registered. With the
 * constants' values for keys, and without the registrations, what nobody calls goes: half of S3's client.
 */
const usedSchemasOnly: Plugin = {
  name: 'used-schemas-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const constants = new Map(
        [...source.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, value]) => [name, value]),
      );
      const contents = source
        .replace(/^n0_registry\.registerError\((\w+)\$, .*$/gm, (line, name) =>
          name === KEPT_ERROR ? line : '',
        )
        .replace(/\[(\w+)\]:/g, (key, name) => {
          const value = constants.get(name);
          return value === undefined ? key : `${value}:`;
        });
      return { contents, loader: 'js' };
    });
  },
};

/** Modules of the SDK that no function comes to use, by their path, and what stands in for each. */
const STAND_INS: readonly (readonly [path: RegExp, contents: string])[] = [
  [
    // No function has a home directory with AWS's config files in it to look for at each start.
    /[\\/]shared-ini-file-loader[\\/]loadSharedConfigFiles\.js$/,
    `export const CONFIG_PREFIX_SEPARATOR = '.';
     export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  ],
  // Extends a class of the browser's streams, which makes Node.js load all of its web streams at each start.
  [/[\\/]ChecksumStream\.browser\.js$/, 'export class ChecksumStream {}'],
  // For runtimes without node:crypto.
  ...['Sha256Js', 'Sha1Js', 'Md5Js'].map(
    (name) => [new RegExp(`[\\\\/]${name}\\.js$`), `export class ${name} {}`] as const,
  ),
  // Loads node:zlib at each start, for checksums that hardly any call has: the SDK's own CRC32 in JavaScript serves those.
  [/[\\/]Crc32Node\.js$/, "export { Crc32Js as Crc32Node } from './Crc32Js';"],
  // A type is parsed as it is declared; none is guessed from a file's bytes.
  [/[\\/]whatwg-mimetype[\\/]lib[\\/]sniff\.js$/, 'module.exports = undefined;'],
  // For instances of EC2 that are told no Region.
  [/[\\/]getInstanceMetadataRegion\.js$/, 'export const getInstanceMetadataRegion = undefined;'],
];

const standIns: Plugin = {
  name: 'stand-ins',
  setup({ onLoad }) {
    for (const [filter, contents] of STAND_INS) onLoad({ filter }, () => ({ contents }));
    // A client reads its version, and would come with all of its manifest.
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

// Built when this module is loaded: plugins of esbuild work asynchronously, and constructs cannot wait. In one build,
// which reads what the functions have in common once.
const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: FUNCTION_NAMES.map((name) => ({ in: `lambdas/${name}.ts`, out: `${name}/index` })),
  outdir: '.build',
  write: false,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The SDK's ES modules leave out what is not used; its CommonJS ones cannot.
  mainFields: ['module', 'main'],
  plugins: [usedSchemasOnly, standIns],
  alias: {
    '@aws-sdk/credential-provider-node': './lambdas/sdk/environment-credentials.ts',
    '@aws-sdk/middleware-endpoint-discovery': './lambdas/sdk/no-endpoint-discovery.ts',
    '@smithy/core/event-streams': './lambdas/sdk/no-event-streams.ts',
  },
  logLevel: 'silent',
});
for (const { path, contents } of outputFiles) replace(path, contents);

/** The directory that holds the bundle of `lambdas/<name>.ts` as `index.js`. */
export function bundle(name: FunctionName): string {
  return join(ROOT, '.build', name);
}

/** Leaves the same contents alone and moves others in whole: several processes may synthesize at once. */
function replace(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  // Beside the directory, never in it: all that is in it is deployed.
  const temporary = `${dirname(path)}.${process.pid}.js`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
