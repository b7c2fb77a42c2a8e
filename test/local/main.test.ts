import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import type { PresignResponse } from '#contract/uploads';
import { temporaryDirectory } from '../support/temporary.ts';

const MAIN = resolve('local/main.ts');
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

interface Run {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): { stdout: string; stderr: string };
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
}

function run(args: readonly string[], cwd = temporaryDirectory(), variables: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    // One that is killed removes nothing.
    env: { ...process.env, ...variables, TMPDIR: temporaryDirectory() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (printed.stdout += text));
  child.stderr.on('data', (text) => (printed.stderr += text));
  return { child, output: () => printed, exited: once(child, 'close').then(([code]) => code) };
}

async function start(
  args: readonly string[],
  cwd?: string,
  variables?: NodeJS.ProcessEnv,
): Promise<Run & { apiUrl: string }> {
  const started = run(args, cwd, variables);
  const apiUrl = await expect
    .poll(() => /API {6}(http:\S+)/.exec(started.output().stdout)?.[1], { timeout: 60_000 })
    .toBeTruthy()
    .then(() => /API {6}(http:\S+)/.exec(started.output().stdout)?.[1] ?? '');
  return { ...started, apiUrl };
}

test.each(['--help', '-h'])('%s lists the options', async (flag) => {
  const { exited, output } = run([flag]);
  expect(await exited).toBe(0);
  for (const option of ['--port', '--aws-port', '--allow-origin', '-c', '--subscribe', '--ephemeral'])
    expect(output().stdout).toContain(option);
});

test.each([
  [['--nonsense'], '--nonsense'],
  [['--port', 'http'], "--port takes a port from 0 to 65535, not 'http'"],
  [['--port', '70000'], "not '70000'"],
  [['--port', '65535'], '--aws-port'],
  [['surplus'], 'surplus'],
  [['--subscribe'], '--subscribe'],
  [['-c', 'nonsense=1'], '-c nonsense: there is no such setting'],
  ...['issuer', 'audience', 'jwksUri', 'jwks'].map((name): [string[], string] => [
    ['-c', `${name}=https://issuer.example`],
    `-c ${name}: fixed on this machine, whose issuer is its own`,
  ]),
  [['-c', '=1'], "-c takes name=value, not '=1'"],
  [['-c', 'maxUploadBytes'], "-c takes name=value, not 'maxUploadBytes'"],
  [['-c', 'maxUploadBytes=big'], 'Invalid maxUploadBytes "big": it must be a whole number'],
])('%j is refused in one line', async (args, part) => {
  const { exited, output } = run(args);
  expect(await exited).toBe(2);
  expect(output().stderr).toMatch(/^nexus: .+\n$/);
  expect(output().stderr).toContain(part);
});

test.each(['--port', '--aws-port'])('a port in use is one line: %s', async (flag) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const args = flag === '--port' ? ['--port', `${port}`] : ['--port', '0', '--aws-port', `${port}`];
  const { exited, output } = run([...args, '--ephemeral']);
  expect(await exited).toBe(1);
  other.close();
  const lines = output().stderr.trimEnd().split('\n');
  expect(lines).toEqual(['Starting…', expect.stringContaining(`Port ${port} is in use`)]);
});

test('settings of -c hold, origins of --allow-origin are let in, and AWS’s tools get a profile of their owner alone', async () => {
  const cwd = temporaryDirectory();
  const settings = ['-c', 'uploadExpirySeconds=60', '--allow-origin', 'https://app.example'];
  const { apiUrl, output, child, exited } = await start(['--port', '0', ...settings], cwd, {
    AWS_REGION: 'x',
  });
  const headers = { ...(await authorization(apiUrl)), 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/nexus/raw/presign-upload`, {
    method: 'POST',
    headers,
    body: '{"filename":"a.txt"}',
  });
  const { expires, url } = (await answer.json()) as PresignResponse;
  expect(expires).toBe(60);
  const allowed = async (target: string, origin: string) => {
    const preflight = { origin, 'access-control-request-method': 'POST' };
    const response = await fetch(target, { method: 'OPTIONS', headers: preflight });
    return response.headers.get('access-control-allow-origin');
  };
  for (const target of [`${apiUrl}/nexus/raw/presign-upload`, url]) {
    expect(await allowed(target, 'https://app.example')).toBe('https://app.example');
    expect(await allowed(target, 'http://localhost:5173')).toBe('http://localhost:5173');
    expect(await allowed(target, 'https://other.example')).toBeNull();
  }
  const [, file = ''] = /AWS_CONFIG_FILE='([^']+)'/.exec(output().stdout) ?? [];
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain('endpoint_url');
  expect(output().stdout).toMatch(/\nunset .*\bAWS_REGION\b.*\nexport AWS_CONFIG_FILE=/);
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});

test('stopped while it starts, it says so and nothing more', async () => {
  const { child, exited, output } = run(['--port', '0', '--ephemeral']);
  await expect.poll(() => output().stderr, { timeout: 20_000 }).toContain('Starting…');
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(output()).toEqual({ stdout: '', stderr: 'Starting…\nStopping…\n' });
});

test('an ephemeral cloud leaves nothing behind, and stops cleanly', async () => {
  const cwd = temporaryDirectory();
  const { child, exited, output } = await start(['--port', '0', '--ephemeral'], cwd);
  expect(output().stdout).toMatch(/\nAPI=http:\/\/127\.0\.0\.1:\d+; TOKEN=eyJ/);
  child.kill('SIGINT');
  // npm passes the terminal's signal on a second time.
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(readdirSync(cwd)).toEqual([]);
  expect(output().stderr).not.toMatch(/^ {4}at /m);
});

test('assets and events survive kill -9', async () => {
  const cwd = temporaryDirectory();
  const first = await start(['--port', '0'], cwd);
  const asset = await upload(first.apiUrl);
  await expect
    .poll(() => eventsAt(first.apiUrl).then((events) => events.length), { timeout: 10_000 })
    .toBe(2);
  const events = await eventsAt(first.apiUrl);
  for (const { event_type, asset_id } of events) {
    const line = new RegExp(`${event_type} {2}t_demo {2}${asset_id} {2}"a b\\.txt" {2}3 bytes\\n`, 'g');
    expect(first.output().stdout.match(line)).toHaveLength(1);
  }
  first.child.kill('SIGKILL');
  await first.exited;
  expect(existsSync(join(cwd, '.nexus', 'lock'))).toBe(true);

  const second = await start(['--port', '0'], cwd);
  const headers = await authorization(second.apiUrl);
  expect(await (await fetch(`${second.apiUrl}/nexus/raw/${asset['asset_id']}`, { headers })).json()).toEqual(
    asset,
  );
  // Killed before a delivery was noted, it comes again: the same event.
  const byId = new Map((await eventsAt(second.apiUrl)).map((event) => [event['event_id'], event]));
  expect([...byId.values()]).toEqual(events);
  second.child.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(existsSync(join(cwd, '.nexus', 'lock'))).toBe(false);
}, 120_000);

test.each([
  ['that is not there', 'none/handler.ts', 'there is no such file'],
  [
    'that is its construct',
    resolve('examples/subscriber/subscriber.ts'),
    'that is the construct: name the handler beside it',
  ],
])('a subscriber %s is one line', async (_, handler, reason) => {
  const { exited, output } = run(['--port', '0', '--ephemeral', '--subscribe', handler]);
  expect(await exited).toBe(1);
  expect(output().stderr).toBe(`Starting…\nnexus: --subscribe ${handler}: ${reason}\n`);
});

test('a template that holds what is not run locally is one line, and a fault of a program says where it is', async () => {
  const start = async (name: string) => {
    const handler = resolve(`test/local/dev/${name}/handler.ts`);
    const { exited, output } = run(['--port', '0', '--ephemeral', '--subscribe', handler]);
    expect(await exited).toBe(1);
    return output().stderr;
  };
  expect(await start('unsupported-subscriber')).toBe(
    'Starting…\nnexus: ScheduleExpression of the rule daily is not run locally\n',
  );
  const fault = await start('faulty-subscriber');
  expect(fault).toContain('faulty-subscriber/subscriber.ts');
  expect(fault).toMatch(/\nnexus: not as it should be\n$/);
}, 60_000);

test('subscribers are told within a second; what one has not done with survives kill -9', async () => {
  const cwd = temporaryDirectory();
  const handlers = ['examples/subscriber/handler.ts', 'test/local/lambda/waiting-subscriber/handler.ts'];
  const flags = ['--port', '0', ...handlers.flatMap((handler) => ['--subscribe', resolve(handler)])];
  const logged = (run: Run, message: string, assetId: unknown) =>
    run
      .output()
      .stderr.split('\n')
      .filter((line) => line.includes(`"message":"${message}"`) && line.includes(String(assetId)));

  const first = await start(flags, cwd);
  const assets: unknown[] = [];
  const latencies: number[] = [];
  // Other tests may have the machine to themselves for a while.
  while (assets.length < 3) {
    const { asset_id } = await upload(first.apiUrl);
    const answered = performance.now();
    await expect
      .poll(() => logged(first, 'lines counted', asset_id), { interval: 5, timeout: 30_000 })
      .toHaveLength(1);
    latencies.push(performance.now() - answered);
    assets.push(asset_id);
  }
  expect(Math.min(...latencies)).toBeLessThan(1000);
  for (const asset of assets) {
    await expect.poll(() => logged(first, 'waiting', asset)).toHaveLength(1);
    expect(logged(first, 'let through', asset)).toEqual([]);
  }
  first.child.kill('SIGKILL');
  await first.exited;

  writeFileSync(join(cwd, 'gate'), '');
  const second = await start(flags, cwd);
  for (const asset of assets) {
    await expect.poll(() => logged(second, 'let through', asset), { timeout: 30_000 }).toHaveLength(1);
    // One who had done with it is not told again.
    expect(logged(second, 'counted before', asset)).toEqual([]);
  }
}, 120_000);

async function authorization(apiUrl: string): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/_local/token`, {
    method: 'POST',
    headers,
    body: '{"tenant_id":"t_demo"}',
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return { ...headers, authorization: `Bearer ${access_token}` };
}

async function upload(apiUrl: string): Promise<Record<string, unknown>> {
  const headers = await authorization(apiUrl);
  const post = async (path: string, body: object) =>
    (
      await fetch(`${apiUrl}/nexus/raw/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    ).json();
  const form = (await post('presign-upload', { filename: 'a b.txt', size_bytes: 3 })) as PresignResponse;
  const parts = new FormData();
  for (const [name, value] of Object.entries(form.fields)) parts.append(name, value);
  parts.append('file', new Blob(['abc']));
  expect((await fetch(form.url, { method: 'POST', body: parts })).status).toBe(201);
  return (await post('register', { asset_id: form.asset_id })) as Record<string, unknown>;
}

async function eventsAt(apiUrl: string): Promise<DatasetEvent[]> {
  const stored = (await (await fetch(`${apiUrl}/_local/events`)).json()) as { detail: DatasetEvent }[];
  return stored.map(({ detail }) => detail);
}
