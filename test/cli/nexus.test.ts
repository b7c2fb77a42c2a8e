import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import { startWorld, type World } from '../client/world.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let world: World;
let tenant: string;
let token: string;
let dir: string;
let tenants = 0;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(async () => {
  tenant = `t_cli_${tenants++}`;
  token = await world.token({ tenant_id: tenant });
  dir = temporaryDirectory();
});
afterEach(() => {
  world.meddle(() => undefined);
  world.calls.length = 0;
});
afterAll(() => world?.close());

type Child = ChildProcess & { done: Promise<Ended> };

function launch(program: string, args: readonly string[], env: Record<string, string> = {}): Child {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', NEXUS_URL: world.url, NEXUS_TOKEN: token, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: dir,
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (printed.stdout += text));
  child.stderr.on('data', (text) => (printed.stderr += text));
  const done = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }));
  return Object.assign(child, { done });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = resolve('cli/main.ts');
const start = (args: readonly string[], env?: Record<string, string>) =>
  launch(process.execPath, [MAIN, ...args], env);
const nexus = (...args: readonly string[]) => start(args).done;
/** @param line of a shell, in which `nexus` is the command */
const shell = (line: string, env?: Record<string, string>) =>
  launch('sh', ['-c', `nexus() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`], env).done;
const lines = ({ stdout }: Ended) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const client = () => createClient({ baseUrl: world.url, token });

/** A folder of files, by their paths. */
function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const root = join(dir, 'folder');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const posts = () => world.calls.filter((call) => call === 'POST /raw-bucket').length;

describe('push', () => {
  test('sends a folder, and again only what has changed', async () => {
    const root = folder({ 'a.txt': 'a', 'sub/b.txt': 'b', 'sub/naïve 日本 "q".csv': 'c', empty: '' });
    expect(await nexus('push', root)).toMatchObject({
      code: 0,
      stdout: '4 files sent, 3 bytes; 0 there already\n',
    });
    world.calls.length = 0;
    expect(await nexus('push', root)).toMatchObject({
      code: 0,
      stdout: '0 files sent, 0 bytes; 4 there already\n',
    });
    expect(posts()).toBe(0);
    appendFileSync(join(root, 'a.txt'), 'changed');
    expect((await nexus('push', root)).stdout).toBe('1 file sent, 8 bytes; 3 there already\n');
    const listed = [];
    for await (const { metadata, filename } of client().list()) listed.push([metadata['path'], filename]);
    expect(listed.map(([path]) => path).sort()).toEqual(
      ['a.txt', 'a.txt', 'empty', 'sub/b.txt', 'sub/naïve 日本 "q".csv'].sort(),
    );
    expect(listed).toContainEqual(['sub/b.txt', 'b.txt']);
  });

  test('a file that fails stops no other, is named, and makes the exit code 1', async () => {
    const root = folder({ 'a.txt': 'a', 'b\u202ex.txt': 'b' });
    symlinkSync('/nowhere', join(root, 'link'));
    const { code, stdout, stderr } = await nexus('push', root, join(dir, 'gone'));
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: '1 file sent, 1 byte; 0 there already; 2 failed\n',
    });
    expect(stderr).toContain(`${join(dir, 'gone')}: is not there`);
    expect(stderr).toContain('filename: holds a bidirectional override');
  });

  test('two files that would lie at one path are told', async () => {
    const root = folder({ 'x/a.txt': '1', 'y/a.txt': '2' });
    const { code, stderr } = await nexus('push', join(root, 'x'), join(root, 'y'));
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(root, 'y/a.txt')}: would lie where ${join(root, 'x/a.txt')} does`);
  });

  test('what is deleted in the store is told with the line to type, and brought back by --restore', async () => {
    const root = folder({ 'a.txt': 'a' });
    const [{ asset_id }] = lines(await nexus('push', root, '--json'));
    await client().delete(asset_id);
    expect(await nexus('push', root)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is deleted in the store: nexus restore ${asset_id}\n`),
    });
    expect((await nexus('push', root, '--restore')).stdout).toBe(
      '0 files sent, 0 bytes; 0 there already; 1 restored\n',
    );
    expect((await client().get(asset_id)).status).toBe('registered');
  });

  test('tells each file and the sum as JSON', async () => {
    const told = lines(await nexus('push', folder({ 'a.txt': 'a' }), '--json'));
    expect(told).toEqual([
      expect.objectContaining({
        path: 'a.txt',
        outcome: 'sent',
        asset_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      }),
      { files_sent: 1, bytes_sent: 1, present: 0, restored: 0, failed: 0 },
    ]);
  });

  test('killed at any point and run again, it has every file registered once', async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${n}.bin`, randomBytes(2000)]));
    const root = folder(files);
    for (let kill = 0; kill < 20; kill++) {
      const child = start(['push', root]);
      const at = Math.floor(Math.random() * 60);
      let seen = 0;
      world.meddle(() => {
        if (seen++ === at) child.kill('SIGKILL');
        return undefined;
      });
      await child.done;
    }
    world.meddle(() => undefined);
    expect((await nexus('push', root)).code).toBe(0);
    const paths: unknown[] = [];
    for await (const { metadata } of client().list()) paths.push(metadata['path']);
    expect(paths.sort()).toEqual(Object.keys(files).sort());
  });

  test('Ctrl-C ends it, and cancels what was opened', async () => {
    const root = folder({ 'a.bin': randomBytes(100_000) });
    const child = start(['push', root]);
    world.meddle(({ url = '' }) => {
      if (url.startsWith('/raw-bucket')) child.kill('SIGINT');
      return undefined;
    });
    expect(await child.done).toMatchObject({ code: 130, stdout: '' });
    expect(world.calls.some((call) => call.endsWith('/cancel'))).toBe(true);
  });

  test('a service that is gone ends it: no other file would fare better', async () => {
    const root = folder(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}.txt`, `${n}`])));
    let isGone = false;
    world.meddle(({ url = '' }) => {
      isGone ||= url.startsWith('/nexus/raw/batch/presign');
      return isGone ? 'drop' : undefined;
    });
    const { code, stdout, stderr } = await nexus('push', root);
    const reason = `No answer from ${new URL(world.url).host}`;
    expect([code, stdout]).toEqual([1, '']);
    const said = stderr.trimEnd().split('\n');
    expect(said.filter((line) => line.endsWith(`.txt: ${reason}`))).toHaveLength(19);
    expect(said.at(-1)).toBe(`nexus: ${reason}`);
  });

  test('a token that ends in the middle is one clear line, and a command that prints one carries on', async () => {
    const root = folder({ 'a.txt': 'a', 'b.txt': 'b' });
    token = 'ended';
    expect(await nexus('push', root)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'nexus: The token is refused\n',
    });
    const good = await world.token({ tenant_id: tenant });
    const count = join(dir, 'count');
    const command = `echo x >> ${count}; [ $(wc -l < ${count}) = 1 ] && echo ended || echo ${good}`;
    expect(await start(['push', root], { NEXUS_TOKEN: '', NEXUS_TOKEN_COMMAND: command }).done).toMatchObject(
      {
        code: 0,
        stdout: '2 files sent, 2 bytes; 0 there already\n',
      },
    );
    const failing = await start(['ls'], { NEXUS_TOKEN_COMMAND: 'echo signed out >&2; exit 3' }).done;
    expect(failing).toMatchObject({
      code: 2,
      stderr: 'nexus: NEXUS_TOKEN_COMMAND ends with 3: signed out\n',
    });
  });
});

describe('pull', () => {
  /** The last one has as long a name as a disk takes. */
  const FILES = {
    'a.txt': 'a',
    'sub/b.bin': randomBytes(200_000),
    empty: '',
    [`${'x'.repeat(251)}.txt`]: '',
  };

  test('fetches what was pushed, verified, and again nothing', async () => {
    const root = folder(FILES);
    await nexus('push', root);
    const target = join(dir, 'target');
    expect((await nexus('pull', target)).stdout).toBe('4 files fetched, 200.0 KB; 0 there already\n');
    for (const path of Object.keys(FILES))
      expect(readFileSync(join(target, path)).equals(readFileSync(join(root, path)))).toBe(true);
    expect((await nexus('pull', target)).stdout).toBe('0 files fetched, 0 bytes; 4 there already\n');
    writeFileSync(join(target, 'a.txt'), 'my own');
    const refused = await nexus('pull', target);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'nexus: a.txt: is there already, with other bytes: --force overwrites it\n',
    ]);
    await nexus('pull', target, '--force');
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('a');
  });

  test('goes on with what an earlier run has left, by ranges; bytes that are wrong are thrown away', async () => {
    const content = randomBytes(300_000);
    await nexus('push', folder({ 'a.bin': content }));
    const [{ asset_id }] = lines(await nexus('ls', '--json'));
    const target = join(dir, 'target');
    const part = join(target, `${asset_id}.part`);
    mkdirSync(target);
    writeFileSync(part, content.subarray(0, 100_000));
    expect((await nexus('pull', target)).stdout).toBe('1 file fetched, 200.0 KB; 0 there already\n');
    expect(readFileSync(join(target, 'a.bin')).equals(content)).toBe(true);
    rmSync(join(target, 'a.bin'));
    writeFileSync(part, randomBytes(300_000));
    expect(await nexus('pull', target)).toMatchObject({
      code: 1,
      stderr: 'nexus: a.bin: The bytes that came are not those of the asset\n',
    });
    expect(readdirSync(target)).toEqual([]);
  });

  test('a token that ends in the middle is one clear line, whatever is left', async () => {
    await nexus('push', folder({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' }));
    world.meddle(({ url = '' }, response) => {
      if (url.includes('/download')) response.writeHead(401).end('{"message":"Unauthorized"}');
      return undefined;
    });
    const target = join(dir, 'target');
    expect(await nexus('pull', target)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'nexus: The token is refused\n',
    });
    expect(world.calls.filter((call) => call.includes('/download'))).toHaveLength(1);
  });

  test('a store that gives nothing any more ends it, and the next run has what is left', async () => {
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`${n}.txt`, `${n}`]));
    await nexus('push', folder(files));
    let fetched = 0;
    world.meddle(({ method, url = '' }) =>
      method === 'GET' && url.startsWith('/raw-bucket') && fetched++ >= 5 ? 'drop' : undefined,
    );
    const target = join(dir, 'target');
    const { code, stderr } = await nexus('pull', target);
    const said = stderr.split('\n').filter((line) => line.startsWith('nexus: '));
    const reason = 'The connection to the store fails';
    expect([code, said.length]).toEqual([1, 3]);
    for (const line of said.slice(0, 2)) expect(line).toMatch(new RegExp(`^nexus: \\d\\.txt: ${reason}$`));
    expect(said[2]).toBe(`nexus: ${reason}`);
    world.meddle(() => undefined);
    expect((await nexus('pull', target)).stdout).toBe('5 files fetched, 5 bytes; 5 there already\n');
  }, 120_000);

  test.skipIf(!existsSync('/dev/full'))('a full disk is one clear line, whatever is left', async () => {
    await nexus('push', folder({ 'a.txt': 'a', 'b.txt': 'b' }));
    const target = join(dir, 'target');
    mkdirSync(target);
    for (const { asset_id } of lines(await nexus('ls', '--json')))
      symlinkSync('/dev/full', join(target, `${asset_id}.part`));
    expect(await nexus('pull', target)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'nexus: the disk is full\n',
    });
    expect(world.calls.filter((call) => call.includes('/download'))).toHaveLength(1);
    expect(await shell('nexus ls > /dev/full')).toMatchObject({
      code: 1,
      stderr: 'nexus: the disk is full\n',
    });
  });

  test('of one path the newest counts', async () => {
    const root = folder({ 'a.txt': 'old' });
    await nexus('push', root);
    writeFileSync(join(root, 'a.txt'), 'new');
    await nexus('push', root);
    await nexus('pull', join(dir, 'target'));
    expect(readFileSync(join(dir, 'target/a.txt'), 'utf8')).toBe('new');
  });

  test('writes nowhere but under its target, whatever a path says', async () => {
    const paths = [
      '../evil',
      '/tmp/evil',
      'a/../../evil',
      'C:/evil',
      'link/evil',
      'fine.txt',
      `${'x'.repeat(300)}`,
    ];
    for (const path of paths)
      await client().upload(new Blob([path]), { filename: 'evil', metadata: { path } });
    const target = join(dir, 'target');
    mkdirSync(target);
    symlinkSync(dir, join(target, 'link'));
    const { code, stderr } = await nexus('pull', target);
    expect(code).toBe(1);
    for (const path of paths.slice(0, 5)) expect(stderr).toContain(`nexus: ${path}: `);
    const failed = lines(await nexus('pull', target, '--json')).filter(({ error }) => error !== undefined);
    expect(failed.map(({ path, error }) => [path, error])).toEqual(
      [...paths.slice(0, 5), ...paths.slice(6)]
        .reverse()
        .map((path) => [path, path.startsWith('x') ? 'not_written' : 'path_refused']),
    );
    expect(stderr).toContain('the name is too long for this disk');
    expect(readdirSync(target).sort()).toEqual(['fine.txt', 'link']);
    expect(existsSync(join(dir, 'evil'))).toBe(false);
  });

  test('what a path or a name holds is shown, and no command to the terminal', async () => {
    const path = 'a\u001b[2Jb';
    await client().upload(new Blob(['x']), { filename: 'x', metadata: { path } });
    const { stderr } = await nexus('pull', join(dir, 'target'));
    expect(stderr).toBe('nexus: a?[2Jb: holds a backslash or a control character\n');
    expect((await nexus('ls')).stdout).toContain('a?[2Jb\n');
  });

  test('a path that is a folder of another one is told', async () => {
    for (const path of ['a', 'a/b'])
      await client().upload(new Blob([path]), { filename: 'x', metadata: { path } });
    const { code, stderr } = await nexus('pull', join(dir, 'target'));
    expect(code).toBe(1);
    expect(stderr).toContain('nexus: a: is there already, as a folder or a link\n');
  });

  test('a connection that breaks is taken up again', async () => {
    const content = randomBytes(100_000);
    await nexus('push', folder({ 'a.bin': content }));
    let broken = 0;
    world.meddle(({ url = '' }) =>
      url.startsWith('/raw-bucket/tenants') && broken++ < 2 ? 'lose the answer' : undefined,
    );
    expect((await nexus('pull', join(dir, 'target'))).code).toBe(0);
    expect(broken).toBe(3);
  });
});

test('ls, get, rm, restore: the life of one file', async () => {
  await nexus('push', folder({ 'a.txt': 'hello' }));
  const [asset] = lines(await nexus('ls', '--json'));
  expect((await nexus('ls')).stdout).toBe(`${asset.created_at}  ${asset.asset_id}      5 bytes  a.txt\n`);
  expect((await nexus('get', asset.asset_id, '-')).stdout).toBe('hello');
  expect((await nexus('get', asset.asset_id)).stdout).toBe('a.txt: 5 bytes, verified\n');
  expect((await nexus('get', asset.asset_id)).stderr).toBe(
    'nexus: a.txt is there already: --force overwrites it\n',
  );
  expect((await nexus('rm', asset.asset_id)).stdout).toContain('deleted, and can be restored until');
  expect((await nexus('ls')).stdout).toBe('');
  expect((await nexus('ls', '--deleted')).stdout).toContain('a.txt');
  expect((await nexus('restore', asset.asset_id)).stdout).toBe(`${asset.asset_id}: registered\n`);
  expect((await nexus('rm', '--erase', asset.asset_id, 'no-id')).code).toBe(1);
  expect((await nexus('get', asset.asset_id)).stderr).toMatch(/^nexus: No such asset \(request .+\)\n$/);
});

test('get leaves no copy behind for a reader that has enough, and names a place that is none', async () => {
  await nexus('push', folder({ 'a.bin': randomBytes(1_000_000) }));
  const [{ asset_id }] = lines(await nexus('ls', '--json'));
  const temporary = join(dir, 'temporary');
  mkdirSync(temporary);
  const { stdout } = await shell(`nexus get ${asset_id} - | head -c 1 | wc -c`, { TMPDIR: temporary });
  expect(stdout.trim()).toBe('1');
  await expect.poll(() => readdirSync(temporary)).toEqual([]);
  expect(await nexus('get', asset_id, 'no/such/place')).toMatchObject({
    code: 1,
    stderr: 'nexus: no/such/place: is not there\n',
  });
});

test('verify compares a folder with the store', async () => {
  const root = folder({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  await nexus('push', root);
  expect(await nexus('verify', root)).toMatchObject({
    code: 0,
    stdout: '3 files the same; 0 differ, 0 not in the store, 0 unreadable; 0 paths only in the store\n',
  });
  writeFileSync(join(root, 'a.txt'), 'other');
  renameSync(join(root, 'b.txt'), join(root, 'd.txt'));
  expect(await nexus('verify', root)).toMatchObject({
    code: 1,
    stdout: [
      'a.txt: differs from the store',
      'd.txt: is not in the store',
      '1 file the same; 1 differ, 1 not in the store, 0 unreadable; 1 path only in the store',
      '',
    ].join('\n'),
  });
  const gone = await nexus('verify', 'gone', '--json');
  expect([gone.code, lines(gone)]).toEqual([
    1,
    [
      { path: 'gone', error: 'unreadable_file', message: 'is not there' },
      { same: 0, differs: 0, missing: 0, unreadable: 1, elsewhere: 3 },
    ],
  ]);
});

test.each([
  [[], {}, /^$/],
  [['psh'], {}, /There is no command psh: nexus --help lists them/],
  [['push'], {}, /push what\? Name files or folders/],
  [['push', '--all', 'x'], {}, /Unknown option '--all'/],
  [['push', 'x', '--concurrency', '0'], {}, /--concurrency is a number from 1 to 64/],
  [['ls'], { NEXUS_URL: '' }, /Set NEXUS_URL to the address of the API/],
  [['ls'], { NEXUS_URL: 'here' }, /NEXUS_URL is no address: here/],
  [['ls'], { NEXUS_TOKEN: '' }, /Set NEXUS_TOKEN to a token, or NEXUS_TOKEN_COMMAND/],
] as const)('%j %j cannot be understood', async (args, env, message) => {
  const { code, stderr } = await start(args, env).done;
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
});

test('a file that may not be read is told', async () => {
  const root = folder({ 'a.txt': 'a' });
  chmodSync(join(root, 'a.txt'), 0);
  const { stderr, stdout } = await nexus('push', root);
  // The superuser may read anything.
  if (process.getuid?.() === 0) expect(stdout).toContain('1 file sent');
  else expect(stderr).toContain('may not be read');
});
