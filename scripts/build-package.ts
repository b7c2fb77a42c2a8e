import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, rolldown } from 'rolldown';
import { bundle } from '../lib/bundle.ts';
import { buildFunctions } from '../lib/bundler.ts';
import { buildBrowserClient } from '../lib/client-bundle.ts';
import { FUNCTION_NAMES } from '../lib/function-names.ts';

/**
 * Builds the package that other CDK apps install, in `dist/`: the constructs, the events' parser and the client with their types,
 * the command line, and the functions' bundles. The code is CommonJS, since the test runner of an app that `cdk init` makes
 * loads nothing else; for ES modules there is a file of names beside each entry, so that both get the same classes.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** The package's entries, by the name of their export. */
const ENTRIES = {
  '.': 'lib/index',
  './events': 'contract/parse-dataset-event',
  './client': 'client/index',
  './uppy': 'client/uppy',
};

/** Those that browsers load too, by the names of their files. */
const FOR_BROWSERS: Readonly<Record<string, string>> = { './client': 'index', './uppy': 'uppy' };

const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
const manifest = {
  name,
  version,
  description,
  license,
  type: 'commonjs',
  engines: { node: '>=22' },
  // Compilers before `exports` read these.
  main: `./${ENTRIES['.']}.js`,
  types: `./${ENTRIES['.']}.d.ts`,
  typesVersions: {
    '*': Object.fromEntries(
      Object.entries(ENTRIES)
        .filter(([path]) => path !== '.')
        .map(([path, file]) => [path.slice('./'.length), [`./${file}.d.ts`]]),
    ),
  },
  bin: { nexus: './cli/main.mjs' },
  exports: {
    ...Object.fromEntries(
      Object.entries(ENTRIES).map(([path, file]) => [
        path,
        {
          types: `./${file}.d.ts`,
          ...(path in FOR_BROWSERS && { browser: `./client/browser/${FOR_BROWSERS[path]}.js` }),
          import: `./${file}.mjs`,
          default: `./${file}.js`,
        },
      ]),
    ),
    './package.json': './package.json',
  },
  dependencies: { valibot: dependencies.valibot, 'whatwg-mimetype': dependencies['whatwg-mimetype'] },
  peerDependencies: {
    'aws-cdk-lib': `^${dependencies['aws-cdk-lib']}`,
    constructs: `^${dependencies.constructs}`,
  },
  // A subscriber that only reads events needs neither.
  peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
};

rmSync(DIST, { recursive: true, force: true });
execFileSync('tsc', ['--project', 'tsconfig.package.json'], { cwd: ROOT, stdio: 'inherit' });
for (const file of globSync('**/*.d.ts', { cwd: DIST })) resolveTypes(file);
await buildCode();
await buildBrowserClient(join(DIST, 'client/browser'), {
  input: { index: 'client/index.ts', uppy: 'client/uppy.ts' },
});
writeFileSync(join(DIST, 'client/browser/package.json'), '{"type":"module"}\n');
await buildCli();
await buildFunctions();
// `.build/` may also hold bundles of an earlier version.
for (const name of FUNCTION_NAMES) cpSync(bundle(name), join(DIST, '.build', name), { recursive: true });
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(ROOT, 'LICENSE'), join(DIST, 'LICENSE'));
copyFileSync(join(ROOT, 'docs/package.md'), join(DIST, 'README.md'));

/** Writes the imports of a declaration file as every compiler resolves them: relative, without an ending. */
function resolveTypes(file: string): void {
  const path = join(DIST, file);
  const text = readFileSync(path, 'utf8')
    .replace(/'#contract\/([\w-]+)'/g, (_, target) => `'${pathTo(file, `contract/${target}`)}'`)
    .replace(/'#core\/([\w/-]+)'/g, (_, target) => `'${pathTo(file, `lambdas/core/${target}`)}'`)
    .replace(/'(\.[\w./-]+)\.ts'/g, "'$1'");
  writeFileSync(path, text);
}

function pathTo(file: string, target: string): string {
  const path = relative(dirname(file), target);
  return path.startsWith('.') ? path : `./${path}`;
}

async function buildCode(): Promise<void> {
  await using build = await rolldown({
    cwd: ROOT,
    platform: 'node',
    input: Object.fromEntries(Object.values(ENTRIES).map((file) => [file, `${file}.ts`])),
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).map(
      (dependency) => new RegExp(`^${dependency}($|/)`),
    ),
  });
  const { output } = await build.write({
    dir: DIST,
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: 'contract/[name].js',
  });
  for (const chunk of output) if (chunk.type === 'chunk' && chunk.isEntry) writeNames(chunk);
}

/** The command line as one file. */
async function buildCli(): Promise<void> {
  await using build = await rolldown({ cwd: ROOT, platform: 'node', input: 'cli/main.ts' });
  const file = join(DIST, 'cli/main.mjs');
  await build.write({ file, format: 'esm', codeSplitting: false });
  chmodSync(file, 0o755);
}

/** For ES modules: the names of a CommonJS entry. */
function writeNames({ name, exports }: OutputChunk): void {
  const code = `import entry from './${basename(name)}.js';\n\nexport const { ${exports.join(', ')} } = entry;\n`;
  writeFileSync(join(DIST, `${name}.mjs`), code);
}
