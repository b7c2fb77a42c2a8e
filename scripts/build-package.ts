import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../lib/bundle.ts';
import { FUNCTION_NAMES } from '../lib/function-names.ts';

/**
 * Builds the package that other CDK apps install, in `dist/`: the constructs and the events' parser as JavaScript with
 * their types, and the functions' bundles, so that who installs it bundles nothing.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
execFileSync('tsc', ['--project', 'tsconfig.package.json'], { cwd: ROOT, stdio: 'inherit' });
for (const name of FUNCTION_NAMES) cpSync(bundle(name), join(DIST, 'functions', name), { recursive: true });
// On Lambda no package.json is around a bundle, and then it is CommonJS; in the package one of ES modules is.
writeFileSync(join(DIST, 'functions', 'package.json'), '{"type":"commonjs"}\n');

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
    '#bundle': './lib/prebuilt.js',
  },
  dependencies: { valibot: dependencies.valibot },
  peerDependencies: {
    'aws-cdk-lib': `^${dependencies['aws-cdk-lib']}`,
    constructs: `^${dependencies.constructs}`,
  },
  // Who only reads events needs neither.
  peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
};
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ['README.md', 'LICENSE']) copyFileSync(join(ROOT, file), join(DIST, file));
