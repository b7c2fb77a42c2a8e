import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Turns } from '../client/concurrency.ts';
import { createClient } from '../client/index.ts';

/**
 * `npm run bench:push`: pushes a folder of small files to the service of `npm start`, with the calls' limit lifted, and prints files a
 * second, CPU a file and the command's memory; then pushes it again, and with one file changed; and then uploads some of the
 * files by single calls, one after the other and several at a time, to compare. It needs Linux, for /proc.
 */
const FILES = Number(process.argv[2] ?? 10_000);
const BYTES = 10_000;
/** Files that are uploaded by single calls, and how many of them at a time. */
const SINGLES = Math.min(1000, FILES);
const AT_A_TIME = [1, 16];

const MAIN = resolve('local/main.ts');
const CLI = resolve('cli/main.ts');
const TICKS_PER_SECOND = 100;

const dir = mkdtempSync(join(tmpdir(), 'bench-push-'));
const service = spawn(
  process.execPath,
  [MAIN, '--port', '0', '-c', 'throttleRate=10000', '-c', 'throttleBurst=10000'],
  {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
try {
  const { url, token } = await started(service);
  const folder = fill();
  const env = { ...process.env, NEXUS_URL: url, NEXUS_TOKEN: token };
  const first = await push(folder, env);
  tell('push', first, FILES);
  tell('again', await push(folder, env), FILES);
  appendFileSync(join(folder, '0', '0.bin'), 'changed');
  tell('one changed', await push(folder, env), FILES);
  for (const atATime of AT_A_TIME) {
    const before = cpuOfService();
    const seconds = await uploadSingly(folder, url, token, atATime);
    const cpu = cpuOfService() - before;
    console.log(
      `single calls, ${atATime} at a time: ${rate(SINGLES, seconds)} files/s; CPU a file: service ${ms(cpu, SINGLES)}; ` +
        `push is ${(FILES / first.seconds / (SINGLES / seconds)).toFixed(2)} times as fast`,
    );
  }
} finally {
  service.kill('SIGINT');
  await once(service, 'close');
  rmSync(dir, { recursive: true });
}

interface Run {
  readonly said: string;
  readonly seconds: number;
  /** CPU seconds of the service and of the command. */
  readonly service: number;
  readonly command: number;
  /** The most memory that the command had, in MiB. */
  readonly memory: number;
}

async function started(child: ChildProcess): Promise<{ readonly url: string; readonly token: string }> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [, url, token] = /^API=(\S+); TOKEN=(\S+?)(;|$)/.exec(line) ?? [];
    if (url !== undefined && token !== undefined) {
      child.stdout?.resume();
      return { url, token };
    }
  }
  throw new Error('The service does not start');
}

function fill(): string {
  const folder = join(dir, 'files');
  for (let file = 0; file < FILES; file++) {
    const inner = join(folder, String(Math.floor(file / 100)));
    if (file % 100 === 0) mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `${file}.bin`), randomBytes(BYTES));
  }
  return folder;
}

async function push(folder: string, env: NodeJS.ProcessEnv): Promise<Run> {
  const before = cpuOfService();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [CLI, 'push', folder], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  let command = 0;
  let memory = 0;
  const look = setInterval(() => {
    command = cpuOf(child.pid) ?? command;
    memory = memoryOf(child.pid) ?? memory;
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(look);
  const seconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new Error(`push ends with ${code}: ${said}`);
  return { said: said.trim(), seconds, service: cpuOfService() - before, command, memory };
}

function tell(name: string, run: Run, files: number): void {
  console.log(
    `${name}: ${run.said}; ${run.seconds.toFixed(1)} s, ${rate(files, run.seconds)} files/s; ` +
      `CPU a file: service ${ms(run.service, files)}, command ${ms(run.command, files)}; memory of the command ${run.memory.toFixed(0)} MiB`,
  );
}

function ms(seconds: number, files: number): string {
  return `${((seconds * 1000) / files).toFixed(2)} ms`;
}

function rate(files: number, seconds: number): string {
  return (files / seconds).toFixed(0);
}

/** @returns seconds */
async function uploadSingly(
  folder: string,
  baseUrl: string,
  token: string,
  atATime: number,
): Promise<number> {
  const client = createClient({ baseUrl, token });
  const turns = new Turns(atATime);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const startedAt = performance.now();
  await Promise.all(
    files
      .slice(0, SINGLES)
      .map(({ parentPath, name }) =>
        turns.run(async () => client.upload(await openAsBlob(join(parentPath, name)), { filename: name })),
      ),
  );
  return (performance.now() - startedAt) / 1000;
}

function cpuOfService(): number {
  return cpuOf(service.pid) ?? 0;
}

/** CPU seconds of a process; undefined once it is gone. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function cpuOf(pid: number | undefined): number | undefined {
  try {
    const [, user = 0, system = 0] =
      /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** The most MiB that a process has had in memory; undefined once it is gone. */
function memoryOf(pid: number | undefined): number | undefined {
  try {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
