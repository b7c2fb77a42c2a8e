import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
import { launchBrowser } from './support/chromium.ts';
import { type Program, startProgram } from './support/program.ts';

let program: Program;
let browser: Browser;
let page: Page;
let tenants = 0;
/** What the page's console and its policy complain of. */
let complaints: string[];

beforeAll(async () => {
  program = await startProgram([
    '-c',
    'maxUploadBytes=700000000',
    '-c',
    'throttleRate=1000',
    '-c',
    'throttleBurst=1000',
  ]);
  browser = await launchBrowser();
});
beforeEach(async () => {
  page = await browser.newPage({ acceptDownloads: true });
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url()))
      complaints.push(`asks ${request.url()}`);
  });
  await page.goto(`${program.apiUrl}/`);
  await switchTo(`t_page_${tenants++}`);
});
afterEach(() => page.close());
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

async function switchTo(tenant: string): Promise<void> {
  await page.getByLabel('Tenant').fill(tenant);
  await page.getByRole('button', { name: 'Switch' }).click();
}

const choose = (...files: readonly { name: string; content: Buffer | string }[]) =>
  page
    .getByLabel('choose files')
    .setInputFiles(
      files.map(({ name, content }) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })),
    );
const upload = (name: string) => page.locator('#uploads li').filter({ hasText: name });
const asset = (name: string) => page.locator('#assets tr').filter({ hasText: name });

test('a file’s life: dropped in, registered, listed, downloaded, deleted, restored; events as they come', async () => {
  const name = 'naïve 日本 "q".csv';
  await choose({ name, content: 'hello' });
  await upload(name).getByText('registered').waitFor();
  await asset(name).waitFor();
  const download = page.waitForEvent('download');
  await asset(name)
    .getByRole('button', { name: `Download ${name}` })
    .click();
  const file = await download;
  expect(readFileSync(await file.path(), 'utf8')).toBe('hello');

  await asset(name)
    .getByRole('button', { name: `Delete ${name}` })
    .click();
  await asset(name).waitFor({ state: 'detached' });
  await page.getByLabel('Status').selectOption('deleted');
  await page.getByRole('button', { name: 'List' }).click();
  await asset(name)
    .getByRole('button', { name: `Restore ${name}` })
    .click();
  await asset(name).waitFor({ state: 'detached' });
  await expect
    .poll(async () => (await page.locator('#events li').allTextContents()).map((line) => line.split(' ')[1]))
    .toEqual(['raw_asset_restored', 'raw_asset_deleted', 'raw_asset_registered', 'raw_asset_presigned']);
  expect(complaints).toEqual([]);
});

test('a file that is refused says why, and can be tried again', async () => {
  await choose({ name: 'evil\u202e.txt', content: 'x' });
  await upload('evil').getByText('bidirectional override').waitFor();
  await upload('evil').getByRole('button', { name: 'Retry' }).waitFor();
});

test('an upload is cancelled, and tried again as the same asset', async () => {
  // Held back until it is cancelled.
  let release = () => {};
  await page.route('**/raw-bucket', async (route) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await route.abort().catch(() => {});
  });
  await choose({ name: 'slow.txt', content: 'slow' });
  await upload('slow.txt').getByText('uploading').waitFor();
  await upload('slow.txt').getByRole('button', { name: 'Cancel slow.txt' }).click();
  await upload('slow.txt').getByText('cancelled').waitFor();
  release();
  await page.unroute('**/raw-bucket');
  await page.locator('#events li').filter({ hasText: 'raw_asset_expired' }).waitFor();
  await upload('slow.txt').getByRole('button', { name: 'Retry slow.txt' }).click();
  await upload('slow.txt').getByText('registered').waitFor();
});

test('two hundred files at once, a folder’s paths kept', async () => {
  const folder = join(temporaryDirectory(), 'photos');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  for (let n = 0; n < 200; n++) writeFileSync(join(folder, n % 2 ? 'inner' : '', `${n}.txt`), `file ${n}`);
  await page.getByLabel('choose a folder').setInputFiles(folder);
  await expect
    .poll(() => page.locator('#uploads li').filter({ hasText: 'registered' }).count(), { timeout: 60_000 })
    .toBe(200);
  await expect.poll(() => page.locator('#assets tr').count(), { timeout: 10_000 }).toBe(20);
  await page.getByRole('button', { name: 'More' }).click();
  await expect.poll(() => page.locator('#assets tr').count(), { timeout: 10_000 }).toBe(40);
  expect(complaints).toEqual([]);
});

test('a large file is hashed in a worker, under the page’s policy, and its SHA-256 is right', {
  timeout: 240_000,
}, async () => {
  const file = join(temporaryDirectory(), 'large.bin');
  writeFileSync(file, randomBytes(1_000_000));
  truncateSync(file, 300_000_000);
  const seen: number[] = [];
  await page.exposeFunction('seen', (value: number) => seen.push(value));
  await page.evaluate(`new MutationObserver(() => seen(document.querySelector('#uploads progress')?.value ?? 0))
    .observe(document.querySelector('#uploads'), { subtree: true, childList: true, characterData: true, attributes: true })`);
  await page.getByLabel('choose files').setInputFiles(file);
  await upload('large.bin').getByText('registered').waitFor({ timeout: 200_000 });
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.length).toBeGreaterThan(10);
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
  const listed = await page.evaluate(
    `fetch('/_local/events?type=raw_asset_registered').then((answer) => answer.json())`,
  );
  expect((listed as { detail: { asset: { sha256: string } } }[]).at(-1)?.detail.asset.sha256).toBe(hash);
  expect(complaints).toEqual([]);
});

test('another tenant sees nothing of it; one that cannot be is told; a keyboard is enough', async () => {
  await choose({ name: 'mine.txt', content: 'mine' });
  await asset('mine.txt').waitFor();
  await switchTo('t_nobody');
  await expect.poll(() => page.locator('#assets tr').count()).toBe(0);
  expect(await page.locator('#events li').count()).toBe(0);
  await switchTo('a/b');
  await page.getByRole('alert').getByText('tenant').waitFor();
  await page.getByLabel('Tenant').focus();
  const focused: (string | null)[] = [];
  for (let presses = 0; presses < 4; presses++) {
    await page.keyboard.press('Tab');
    focused.push(await page.evaluate(`document.activeElement.id || document.activeElement.textContent`));
  }
  expect(focused).toEqual(['Switch', 'files', 'folder', expect.anything()]);
});

test('a switch while the page still opens is the only one that counts', async () => {
  // The opening before this test is over, however far it is.
  await page.goto('about:blank');
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(
    '**/nexus/whoami',
    async (route) => {
      await held;
      await route.continue();
    },
    { times: 1 },
  );
  await page.goto(`${program.apiUrl}/`, { waitUntil: 'commit' });
  await page.waitForRequest('**/nexus/whoami');
  await switchTo('t_switched');
  await page.waitForRequest('**/_local/events');
  const late = page.waitForResponse('**/nexus/whoami');
  release();
  await late;
  await choose({ name: 'once.txt', content: 'once' });
  await upload('once.txt').getByText('registered').waitFor();
  await page.locator('#events li').filter({ hasText: 'raw_asset_registered' }).first().waitFor();
  await expect.poll(() => page.locator('#events li').count()).toBe(2);
});

test.each(['light', 'dark'] as const)('is readable in %s', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await choose({ name: 'a picture.png', content: 'x' }, { name: 'b.csv', content: 'y' });
  await asset('b.csv').waitFor();
  const [text, ground] = (await page.evaluate(
    `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
  )) as [string, string];
  const brightness = (color: string) =>
    (color.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
  expect(Math.abs(brightness(text) - brightness(ground))).toBeGreaterThan(500);
  if (process.env['PICTURES'] !== undefined)
    await page.screenshot({ path: join(process.env['PICTURES'], `page-${colorScheme}.png`), fullPage: true });
});
