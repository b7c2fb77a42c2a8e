import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildBrowserClient } from '../../lib/client-bundle.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { launchBrowser } from './support/chromium.ts';
import { type Program, startProgram } from './support/program.ts';
import { type ServedDirectory, serveDirectory } from './support/serve-directory.ts';

let program: Program;
let browser: Browser;
let site: ServedDirectory;
let page: Page;
let complaints: string[];

const CSP = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src http://127.0.0.1:*";

beforeAll(async () => {
  const dir = temporaryDirectory();
  await buildBrowserClient(dir, { input: { page: 'test/browser/pages/uppy-page.ts' } });
  writeFileSync(
    join(dir, 'index.html'),
    '<!doctype html><title>Uppy</title><script type="module" src="/page.js"></script>',
  );
  site = await serveDirectory(dir, () => CSP);
  program = await startProgram(['--allow-origin', `http://files.example:${site.port}`]);
  browser = await launchBrowser();
});
beforeEach(async () => {
  page = await browser.newPage();
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  const { apiUrl: api, token } = program;
  await page.goto(`http://files.example:${site.port}/index.html#${new URLSearchParams({ api, token })}`);
  await page.waitForFunction('globalThis.uppy');
});
afterEach(() => page.close());
afterAll(async () => {
  site?.close();
  await browser?.close();
  await program?.stop();
});

interface Ended {
  readonly successful: readonly {
    meta: { asset?: { asset_id: string; filename: string; sha256: string; size_bytes: number } };
  }[];
  readonly failed: readonly { error: string }[];
}

const add = (name: string, content: string) =>
  page.evaluate(
    `uppy.addFile({ name: ${JSON.stringify(name)}, type: 'text/plain', data: new Blob([${content}]) })`,
  );
const upload = () => page.evaluate('uppy.upload()') as Promise<Ended>;
const events = async (id: unknown) => {
  const all = (await (await fetch(`${program.apiUrl}/_local/events`)).json()) as {
    detail: { asset_id: string; event_type: string };
  }[];
  return all.flatMap(({ detail }) => (detail.asset_id === id ? detail.event_type : []));
};

test('an unmodified Uppy on another origin hashes, uploads and registers', async () => {
  await add('naïve 日本 "q".txt', "'hello'");
  await add('large.bin', 'new Uint8Array(20_000_000)');
  const { successful, failed } = await upload();
  expect(failed).toEqual([]);
  expect(successful.map(({ meta }) => [meta.asset?.filename, meta.asset?.size_bytes])).toEqual([
    ['naïve 日本 "q".txt', 5],
    ['large.bin', 20_000_000],
  ]);
  expect(successful[0]?.meta.asset?.sha256).toBe(
    '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  );
  expect(complaints).toEqual([]);
});

test('a retry, after the post has failed, is the same asset', async () => {
  await page.route('**/raw-bucket', (route) =>
    route.fulfill({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }),
  );
  const presigned: unknown[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/presign-upload')) presigned.push(request.postDataJSON()?.asset_id);
  });
  await add('a.txt', "'again'");
  expect((await upload()).failed).toHaveLength(1);
  await page.unroute('**/raw-bucket');
  const { successful } = (await page.evaluate('uppy.retryAll()')) as Ended;
  const id = successful[0]?.meta.asset?.asset_id;
  expect(new Set(presigned)).toEqual(new Set([id]));
  await expect.poll(() => events(id)).toEqual(['raw_asset_presigned', 'raw_asset_registered']);
});

test('a pause and a resume are the same asset', async () => {
  let held = 0;
  await page.route('**/raw-bucket', async (route) => {
    if (held++ > 0) return route.continue();
    // The first post is still under way when it is paused.
    await page.evaluate('uppy.pauseResume(uppy.getFiles()[0].id)');
    await route.abort().catch(() => {});
    void page.evaluate('uppy.pauseResume(uppy.getFiles()[0].id)');
  });
  await add('a.txt', "'pause'");
  const { successful } = await upload();
  const id = successful[0]?.meta.asset?.asset_id;
  await expect.poll(() => events(id)).toEqual(['raw_asset_presigned', 'raw_asset_registered']);
  expect(held).toBe(2);
});

test('what is refused is told by Uppy, and what is removed is cancelled', async () => {
  await add('evil\u202e.txt', "'x'");
  const { failed } = await upload();
  expect(failed[0]?.error).toContain('bidirectional override');
  await page.evaluate('uppy.removeFile(uppy.getFiles()[0].id)');
  await page.route('**/raw-bucket', (route) => route.fulfill({ status: 400, body: '<Error/>' }));
  let id: unknown;
  page.on('request', (request) => {
    if (request.url().endsWith('/presign-upload')) id = request.postDataJSON()?.asset_id;
  });
  await add('gone.txt', "'gone'");
  await upload();
  await page.evaluate('uppy.removeFile(uppy.getFiles()[0].id)');
  await expect.poll(() => events(id)).toEqual(['raw_asset_presigned', 'raw_asset_expired']);
});
