import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { build as vite } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { sha256OfFile } from '../../cli/sha256-of-file.ts';
import type { NexusError, Progress, RegisteredAsset } from '../../client/index.ts';
import { buildBrowserClient } from '../../lib/client-bundle.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { launchBrowser } from './support/chromium.ts';
import { type Program, startProgram } from './support/program.ts';
import { type ServedDirectory, serveDirectory } from './support/serve-directory.ts';

const POLICY = "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:*; worker-src";
const HTML = `<!doctype html><title>Upload</title>
  <input type="file"><script type="module" src="./page.js"></script>`;
/** What somebody's page has of the client. */
const PAGE = `import { createClient } from '../client/index.js';
  globalThis.createClient = createClient;`;

/** More than a browser hashes at once. */
const BYTES = 200_000_000;

const root = temporaryDirectory();
const large = join(root, 'large.bin');
let sha256: string;
let site: ServedDirectory;
let program: Program;
let browser: Browser;
let page: Page;
let complaints: string[];

/** The page as it is served by somebody who builds it by … */
const BUILDS: Readonly<Record<string, (from: string, to: string) => Promise<unknown>>> = {
  nothing: async (from, to) => cpSync(from, to, { recursive: true }),
  vite: (from, to) => {
    const build = {
      outDir: to,
      emptyOutDir: true,
      rolldownOptions: { input: join(from, 'page/index.html') },
    };
    return vite({ root: from, base: './', configFile: false, logLevel: 'warn', build });
  },
  esbuild: async (from, to) => {
    await esbuild({
      entryPoints: [join(from, 'page/page.js')],
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: join(to, 'page'),
      logLevel: 'warning',
    });
    writeFileSync(join(to, 'page/index.html'), HTML);
  },
  rolldown: async (from, to) => {
    await using build = await rolldown({ input: join(from, 'page/page.js'), platform: 'browser' });
    await build.write({ dir: join(to, 'page'), format: 'esm' });
    writeFileSync(join(to, 'page/index.html'), HTML);
  },
};

beforeAll(async () => {
  writeFileSync(large, randomBytes(1_000_000));
  truncateSync(large, BYTES);
  sha256 = await sha256OfFile(large);
  const source = join(root, 'source');
  // The files that the package has for browsers.
  await buildBrowserClient(join(source, 'client'));
  mkdirSync(join(source, 'page'));
  writeFileSync(join(source, 'page/index.html'), HTML);
  writeFileSync(join(source, 'page/page.js'), PAGE);
  for (const [name, build] of Object.entries(BUILDS)) await build(source, join(root, 'site', name));
  cpSync(join(root, 'site/nothing'), join(root, 'site/without-workers'), { recursive: true });
  site = await serveDirectory(join(root, 'site'), (path) =>
    path.startsWith('/without-workers/') ? `${POLICY} 'none'` : `${POLICY} 'self'`,
  );
  program = await startProgram();
  browser = await launchBrowser();
});
beforeEach(async () => {
  site.answers.length = 0;
  complaints = [];
  page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});
afterEach(() => page.close());
afterAll(async () => {
  site?.close();
  await browser?.close();
  await program?.stop();
});

async function open(build: string, file = large): Promise<void> {
  await page.goto(`http://127.0.0.1:${site.port}/${build}/page/index.html`);
  await page.waitForFunction('globalThis.createClient');
  await page.locator('input').setInputFiles(file);
}

interface Ended {
  readonly asset?: RegisteredAsset;
  readonly error?: Pick<NexusError, 'code' | 'message'>;
  readonly told: readonly Progress[];
  /** The longest time for which the page could do nothing else, in milliseconds. */
  readonly stood: number;
}

/** Uploads the file that was chosen. @param meanwhile what is done as progress is told, with `stop`, an AbortController */
const upload = (meanwhile = '') =>
  page.evaluate(`(async () => {
    const { apiUrl, token } = ${JSON.stringify(program)};
    const told = [];
    const stop = new AbortController();
    let stood = 0;
    let last = performance.now();
    const clock = setInterval(() => {
      stood = Math.max(stood, performance.now() - last);
      last = performance.now();
    }, 5);
    const onProgress = (progress) => { told.push(progress); ${meanwhile} };
    const [file] = document.querySelector('input').files;
    try {
      const { signal } = stop;
      const asset = await createClient({ baseUrl: apiUrl, token }).upload(file, { signal, onProgress });
      return { asset, told, stood };
    } catch ({ code, message }) {
      return { error: { code, message }, told, stood };
    } finally {
      clearInterval(clock);
    }
  })()`) as Promise<Ended>;

/** What the browser's pages and their workers take of memory before something is done, and at most while it is, in MiB. */
async function memoryOf<T>(task: () => Promise<T>): Promise<{ value: T; before: number; most: number }> {
  const session = await browser.newBrowserCDPSession();
  const read = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const ids = processInfo.flatMap(({ type, id }) => (type === 'renderer' ? String(id) : []));
    const lines = execFileSync('ps', ['-o', 'rss=', '-p', ids.join(',')], { encoding: 'utf8' });
    return lines
      .trim()
      .split('\n')
      .reduce((sum, kib) => sum + Number(kib) / 1024, 0);
  };
  const before = await read();
  let most = before;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, await read());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  const value = await task().finally(() => {
    isOver = true;
  });
  await watching;
  return { value, before, most };
}

const asked = (name: string) => site.answers.filter((answer) => answer.includes(name));

test.each([
  // Its files as they are.
  ['nothing', 'a worker'],
  ['vite', 'a worker'],
  // They leave the worker's file behind.
  ['esbuild', 'the page'],
  ['rolldown', 'the page'],
  ['without-workers', 'the page'],
] as const)(
  'built by %s, %s hashes a large file, under a strict policy, in little memory',
  async (build, by) => {
    await open(build);
    const { value, before, most } = await memoryOf(() => upload());
    const { asset, error, told, stood } = value;
    console.log(
      `${build}: pages of ${before.toFixed()} MiB took ${(most - before).toFixed()} MiB more, stood ${stood.toFixed()} ms`,
    );
    expect(error).toBeUndefined();
    expect(asset).toMatchObject({ sha256, size_bytes: BYTES });
    expect(asked('sha256-worker').filter((answer) => answer.startsWith('200 '))).toHaveLength(
      by === 'a worker' ? 1 : 0,
    );
    // All but the browser's own word that there is no worker.
    expect(complaints.filter((text) => by === 'a worker' || !/worker|404/.test(text))).toEqual([]);
    // A new buffer for each piece comes to 150 MiB and more, and a file that is read whole to its size.
    expect(most - before).toBeLessThan(110);
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(told.filter(({ phase }) => phase === 'hashing').length).toBeGreaterThan(50);
    expect(told.at(-1)).toEqual({ phase: 'registering', loaded: BYTES, total: BYTES, fraction: 1 });
  },
);

test('a file of 2 GiB is hashed and sent in the memory of a small one, and its progress never goes back', {
  timeout: 300_000,
}, async () => {
  const huge = join(temporaryDirectory(), 'huge.bin');
  writeFileSync(huge, randomBytes(1_000_000));
  truncateSync(huge, 2 ** 31);
  await open('nothing', huge);
  const { value, before, most } = await memoryOf(() => upload());
  console.log(`2 GiB: pages of ${before.toFixed()} MiB took ${(most - before).toFixed()} MiB more`);
  expect(value.error).toBeUndefined();
  expect(value.asset).toMatchObject({ sha256: await sha256OfFile(huge), size_bytes: 2 ** 31 });
  expect(most - before).toBeLessThan(110);
  const fractions = value.told.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(complaints).toEqual([]);
});

test.each(['nothing', 'esbuild'])(
  'built by %s, an upload that is aborted ends while it is hashed',
  async (build) => {
    await open(build);
    const presigns: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/nexus/')) presigns.push(request.url());
    });
    const { error, told } = await upload('if (told.length === 10) stop.abort()');
    expect(error).toMatchObject({ code: 'aborted' });
    expect(told.length).toBeLessThan(20);
    await expect.poll(() => page.workers()).toEqual([]);
    expect(presigns).toEqual([]);
  },
);

test('an upload that is aborted beforehand loads nothing', async () => {
  await open('nothing');
  const { error } = await upload('stop.abort()');
  expect(error).toMatchObject({ code: 'aborted' });
  expect(asked('hash-in-worker')).toEqual([]);
});

test.each(['nothing', 'esbuild'])(
  'built by %s, a file that has changed since it was chosen cannot be read',
  async (build) => {
    const file = join(temporaryDirectory(), 'changing.bin');
    cpSync(large, file);
    await open(build, file);
    // Chromium looks at a file only when it is asked about it, and at whole seconds of its time.
    expect(await page.evaluate(`document.querySelector('input').files[0].size`)).toBe(BYTES);
    truncateSync(file, BYTES - 1);
    utimesSync(file, 0, 0);
    expect((await upload()).error).toMatchObject({ code: 'unreadable_file' });
  },
);

test('where the code that hashes is gone from its server, the file is not blamed', async () => {
  await open('nothing');
  await page.route('**/hash-in-worker.js', (route) => route.fulfill({ status: 404 }));
  expect((await upload()).error).toMatchObject({ code: 'network_error' });
});
