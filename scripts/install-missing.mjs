// Runs before every npm script on whatever Node the host has, so that a fresh clone needs no separate
// set-up step. npm writes node_modules/.package-lock.json last, so an install that was cut short is repeated.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  // Errors only: npm would warn of every package that wants a newer Node.js than the host's, and it gets one.
  console.error('Installing dependencies (npm ci)…');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // From Node.js 22 on, npm would leave a cache of its compiled code in the temporary folder.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  process.exit(status ?? 1);
}
