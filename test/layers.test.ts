import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findCircle, importsOf } from './support/imports.ts';

const NODE = 'node:';
const CDK = ['aws-cdk-lib', 'constructs'];
/** Any package but the CDK's. */
const PACKAGES = 'packages';
const TEST_TOOLS = ['vitest', 'fast-check'];

/**
 * Who may import whom. The first entry whose path begins a file's path is the file's; the list has folders, files,
 * packages, and folders of which only types may be taken.
 */
const LAYERS: readonly (readonly [from: string, allowed: readonly string[]])[] = [
  ['contract/', ['contract/', 'valibot', 'whatwg-mimetype', 'whatwg-mimetype/lib/mime-type.js']],
  ['lambdas/core/', ['contract/', 'lambdas/core/', NODE, PACKAGES]],
  ['lambdas/sdk/', [NODE, PACKAGES]],
  // A handler imports no other handler.
  ['lambdas/', ['contract/', 'lambdas/core/', NODE, PACKAGES]],
  // Of the core, only the names that both sides need: environment variables, metrics and the index of the list.
  [
    'lib/',
    [
      'contract/',
      'lambdas/core/env.ts',
      'lambdas/core/metrics.ts',
      'lambdas/core/assets/list-key.ts',
      'lib/',
      NODE,
      ...CDK,
      PACKAGES,
    ],
  ],
  ['bin/', ['lib/', ...CDK]],
  // The embedded cloud runs what the template says, and knows none of the service's code.
  ['local/template/synth.ts', ['contract/', 'lib/', 'local/', NODE, ...CDK, PACKAGES]],
  // The program builds the functions that it runs, and reads settings as `cdk` takes them.
  [
    'local/main.ts',
    [
      'contract/',
      'lib/bundler.ts',
      'lib/client-bundle.ts',
      'lib/context.ts',
      'lib/setting-error.ts',
      'type lib/',
      'local/',
      NODE,
      PACKAGES,
    ],
  ],
  ['local/dev/', ['contract/', 'type lib/', 'local/', NODE, 'constructs', PACKAGES]],
  ['local/cloud.ts', ['contract/', 'type lib/', 'local/', NODE, PACKAGES]],
  ['local/', ['contract/', 'local/', NODE, PACKAGES]],
  // The client has no dependency at run time: of the contract it takes types.
  ['client/sha256.node.ts', [NODE]],
  ['client/send-form.node.ts', [NODE, 'client/']],
  // Loaded only for a large file, with what it needs.
  ['client/hash-stream.ts', ['@noble/hashes']],
  ['client/', ['type contract/', 'client/', '#send-form', '#sha256']],
  ['web/', ['cli/count.ts', 'client/', 'web/']],
  ['cli/', ['cli/', 'client/', 'client/index.ts', NODE]],
  [
    'scripts/',
    ['cli/', 'client/', 'contract/', 'lambdas/core/', 'lib/', 'local/', 'scripts/', NODE, PACKAGES],
  ],
  // What a reader copies imports the package as they would.
  ['examples/', ['examples/', 'nexus-raw-storage', NODE, ...CDK, PACKAGES]],
];

const files = globSync(LAYERS.map(([from]) => (from.endsWith('/') ? `${from}**/*.ts` : from)));
const imports = importsOf(files);

function isAllowed(allowed: readonly string[], to: string, isType: boolean): boolean {
  const isPackage = !/^node:|\//.test(to.replace(/^@[\w-]+\//, ''));
  return allowed.some((entry) => {
    if (entry === PACKAGES) return isPackage && ![...CDK, ...TEST_TOOLS].includes(to);
    if (entry.startsWith('type ')) return isType && to.startsWith(entry.slice('type '.length));
    return entry.endsWith('/') || entry === NODE ? to.startsWith(entry) : to === entry;
  });
}

test('no import goes against the layers', () => {
  const against = imports.filter(({ from, to, isType }) => {
    const [, allowed = []] = LAYERS.find(([path]) => from.startsWith(path)) ?? [];
    return !isAllowed(allowed, to, isType);
  });
  expect(files.length).toBeGreaterThan(150);
  expect(against.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('no files import each other in a circle', () => {
  const all = importsOf(globSync('{bin,contract,examples,lambdas,lib,local,scripts,test}/**/*.ts'));
  expect(findCircle(all.map(({ from, to }) => [from, to]))).toBeUndefined();
});

test('the embedded cloud is its program, its composition, and rooms without a circle', () => {
  expect(globSync('local/*.*').sort()).toEqual(['local/cloud.ts', 'local/main.ts']);
  const roomOf = (path: string) => /^local\/([^/]+)/.exec(path)?.[1];
  const arrows = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === undefined || other === undefined || room === other) continue;
    arrows.set(room, (arrows.get(room) ?? new Set()).add(other));
  }
  const pairs = [...arrows].flatMap(([room, others]) => [...others].map((other) => [room, other] as const));
  const lines = [...arrows].map(([room, others]) => `${room} → ${[...others].sort().join(', ')}`).sort();
  console.log([...lines, `${pairs.length} arrows`].join('\n'));
  expect(findCircle(pairs)).toBeUndefined();
});
