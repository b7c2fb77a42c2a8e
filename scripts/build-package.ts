import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_DIRECTORY, bundle } from '../lib/bundle.ts';
import { buildFunctions } from '../lib/bundler.ts';
import { FUNCTION_NAMES } from '../lib/function-names.ts';

/**
 * Builds the package that other CDK apps install, in `dist/`: the constructs and the events' parser as JavaScript with
 * their types, and the functions' bundles, so that who installs it bundles nothing.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
execFileSync('tsc', ['--project', 'tsconfig.package.json'], { cwd: ROOT, stdio: 'inherit' });
await buildFunctions();
// The functions' alone: what else is in there may be of an earlier version.
for (const name of FUNCTION_NAMES) cpSync(bundle(name), join(DIST, '.build', name), { recursive: true });
copyFileSync(join(BUILD_DIRECTORY, 'package.json'), join(DIST, '.build', 'package.json'));

const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
const manifest = {
  name,
  version,
  description,
  license,
  type: 'module',
  engines: { node: '>=22.12' },
  exports: {
    '.': { types: './lib/index.d.ts', default: './lib/index.js' },
    './events': {
      types: './contract/parse-dataset-event.d.ts',
      default: './contract/parse-dataset-event.js',
    },
  },
  imports: {
    '#contract/*': './contract/*.js',
    '#core/*': './lambdas/core/*.js',
  },
  dependencies: { valibot: dependencies.valibot, 'whatwg-mimetype': dependencies['whatwg-mimetype'] },
  peerDependencies: {
    'aws-cdk-lib': `^${dependencies['aws-cdk-lib']}`,
    constructs: `^${dependencies.constructs}`,
  },
  // A subscriber that only reads events needs neither.
  peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
};
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ['README.md', 'LICENSE']) copyFileSync(join(ROOT, file), join(DIST, file));
