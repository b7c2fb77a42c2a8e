import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, rolldown } from 'rolldown';
import { BUILD_DIRECTORY } from './bundle.ts';

/** The page that the local service has at its root, as it is built. */
const PAGE_DIRECTORY = join(BUILD_DIRECTORY, 'web');

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds the client for browsers: `index.js`, and beside it what it loads when it is needed. Nothing is left to import.
 *
 * @param input further entries, by name
 */
export async function buildBrowserClient(
  dir: string,
  { minify = false, input = { index: 'client/index.ts' } as Readonly<Record<string, string>> } = {},
): Promise<readonly OutputChunk[]> {
  await using build = await rolldown({
    cwd: ROOT,
    platform: 'browser',
    input: { ...input, 'sha256-worker': 'client/sha256-worker.ts' },
    resolve: { conditionNames: ['browser', 'import', 'default'] },
    logLevel: 'warn',
    onLog: (level, log, handle) => handle(level === 'warn' ? 'error' : level, log),
  });
  const { output } = await build.generate({
    format: 'esm',
    minify,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
  const chunks = output.filter((file) => file.type === 'chunk');
  mkdirSync(dir, { recursive: true });
  for (const { fileName, code } of chunks) {
    // Another process may be reading the file that is there.
    const draft = join(dir, `.${randomUUID()}`);
    writeFileSync(draft, code);
    renameSync(draft, join(dir, fileName));
  }
  return chunks;
}

/** Builds the code of the page in `web/`; its other files are served as they are. */
export async function buildPage(): Promise<void> {
  await buildBrowserClient(PAGE_DIRECTORY, { input: { page: 'web/page.ts' } });
}
