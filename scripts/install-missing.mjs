// Runs before every npm script on whatever Node the host has, so that a fresh clone needs no separate
// set-up step. npm writes node_modules/.package-lock.json, whose time says here that all steps are done: an install that
// was cut short is repeated.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, utimesSync } from 'node:fs';

const INSTALLED = 'node_modules/.package-lock.json';
const NODE = 'node_modules/node/bin/node';

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function npm(...args) {
  // Errors only: npm would warn of every package that wants a newer Node.js than the host's, and it gets one.
  const { status } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // From Node.js 22 on, npm would leave a cache of its compiled code in the temporary folder.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The package `node` fetches its binary beside the lockfile, so that no integrity of it stands there. */
function checkNode() {
  const { sha256 } = JSON.parse(readFileSync('scripts/node-binaries.json', 'utf8'));
  const platform = `${process.platform}-${process.arch}`;
  const expected = sha256[platform];
  if (expected === undefined)
    return console.error(`Node.js for ${platform} is not checked: no hash is known.`);
  if (createHash('sha256').update(readFileSync(NODE)).digest('hex') === expected) return;
  rmSync(NODE);
  console.error(`${NODE} is not the binary that scripts/node-binaries.json names: it is removed.`);
  process.exit(1);
}

if (modified(INSTALLED) < modified('package-lock.json')) {
  console.error('Installing dependencies (npm ci)…');
  // No package's script runs before the Node.js that would run it is known to be the right one.
  npm('ci', '--ignore-scripts');
  utimesSync(INSTALLED, 0, 0);
  npm('rebuild', 'node');
  checkNode();
  npm('rebuild');
  utimesSync(INSTALLED, new Date(), new Date());
}
