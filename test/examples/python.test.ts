import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud?.close());

/** `.ci/run` installs both; who runs the tests may have neither. */
const hasRequests = (() => {
  try {
    execFileSync('python3', ['-c', 'import requests'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

async function run(file: string, scope = 'raw:read raw:write') {
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope });
  const env = { ...process.env, NEXUS_URL: cloud.apiUrl, NEXUS_TOKEN: token, PYTHONDONTWRITEBYTECODE: '1' };
  return promisify(execFile)('python3', [resolve('examples/python/upload.py'), file], { env });
}

test.runIf(hasRequests)(
  'the example in Python uploads a file, and says why where it is refused',
  async () => {
    const file = join(temporaryDirectory(), 'naïve 日本.csv');
    writeFileSync(file, 'a,b\n1,2\n');
    expect(JSON.parse((await run(file)).stdout)).toMatchObject({
      filename: 'naïve 日本.csv',
      size_bytes: 8,
      status: 'registered',
    });
    await expect(run(file, 'raw:read')).rejects.toMatchObject({
      stderr: expect.stringContaining('scope_missing'),
    });
  },
);
