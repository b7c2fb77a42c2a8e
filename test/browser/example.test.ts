import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../scripts/api-client.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { launchBrowser } from './support/chromium.ts';
import { type Program, startProgram } from './support/program.ts';

let site: ViteDevServer;
let program: Program;
let browser: Browser;

beforeAll(async () => {
  // As `npx vite examples/browser` does.
  site = await createServer({
    root: resolve('examples/browser'),
    cacheDir: temporaryDirectory(),
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: 0 },
  });
  await site.listen();
  program = await startProgram();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
  await site?.close();
});

/** Opens the example, and chooses a file. */
async function choose(content: string, token = program.token): Promise<Page> {
  const page = await browser.newPage();
  const [address] = site.resolvedUrls?.local ?? [];
  await page.goto(`${address}#${new URLSearchParams({ api: program.apiUrl, token })}`);
  await page
    .getByLabel('File')
    .setInputFiles({ name: 'naïve 日本.txt', mimeType: 'text/plain', buffer: Buffer.from(content) });
  return page;
}

test('the example for browsers uploads a file, with progress', async () => {
  const page = await choose('hello');
  await page.getByText(`naïve 日本.txt is `).waitFor();
  expect(await page.locator('output').textContent()).toContain(`SHA-256 ${sha256('hello')}`);
  expect(await page.locator('progress').evaluate((bar) => (bar as HTMLProgressElement).value)).toBe(1);
  await page.close();
});

test('the example for browsers says why a file is refused', async () => {
  const page = await choose('hello', 'no token');
  await page.getByText(/^unauthorized: /).waitFor();
  await page.close();
});
