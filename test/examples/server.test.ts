import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../local/cloud.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud?.close());

/** Asks the example for its report, as a browser does. */
async function report(scope: string): Promise<Response> {
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope });
  const server = spawn(process.execPath, [resolve('examples/server/server.ts')], {
    env: { ...process.env, NEXUS_URL: cloud.apiUrl, NEXUS_TOKEN: token, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [url] = await once(createInterface({ input: server.stdout }), 'line');
    return await fetch(url);
  } finally {
    server.kill();
  }
}

test('the server keeps its report, and sends whoever asks to its download', async () => {
  const answer = await report('raw:read raw:write');
  expect(await answer.text()).toBe('month,files\nJanuary,1\nFebruary,2');
  expect(answer.headers.get('content-disposition')).toContain('report.csv');
});

test('the server says why it cannot', async () => {
  const answer = await report('raw:read');
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ code: 'scope_missing', request_id: expect.any(String) });
});
