import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { temporaryDirectory } from '../../support/temporary.ts';

const MAIN = resolve('local/main.ts');

/** In milliseconds, and less than vitest gives a hook, so that no program outlives its test. */
const LONGEST_START = 50_000;

/** What the banner tells: everything that its reader has to go on. */
export interface Banner {
  readonly apiUrl: string;
  readonly token: string;
  /** The environment variables that AWS's tools and SDKs read. */
  readonly awsEnv: Readonly<Record<string, string>>;
}

export interface Program extends Banner {
  /** Stops it as Ctrl-C does. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts the service as `npm start` does, on free ports and in an empty directory.
 *
 * @param args more of its options
 * @throws Error with all that it has printed where it ends before it is up, or is not up in 50 seconds
 */
export async function startProgram(args: readonly string[] = []): Promise<Program> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], {
    cwd: temporaryDirectory(),
    // One that is killed removes nothing.
    env: { ...process.env, TMPDIR: temporaryDirectory() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const impatience = setTimeout(() => child.kill('SIGKILL'), LONGEST_START);
  const printed = { stdout: '', stderr: '' };
  const banner = new Promise<Banner>((up, failed) => {
    child.stdout.on('data', (text) => {
      printed.stdout += text;
      const read = readBanner(printed.stdout);
      if (read !== undefined) up(read);
    });
    child.stderr.on('data', (text) => (printed.stderr += text));
    void ended.then((code) => failed(new Error(`exit ${code}\n${printed.stderr}${printed.stdout}`)));
  });
  const read = await banner.finally(() => clearTimeout(impatience));
  return {
    ...read,
    stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

/** @returns undefined while the banner is not printed as a whole */
function readBanner(stdout: string): Banner | undefined {
  const [, apiUrl, token] = /^API=(\S+); TOKEN=([^;]+);/m.exec(stdout) ?? [];
  const [, assignments] = /^export (AWS_.*)$\n/m.exec(stdout) ?? [];
  if (apiUrl === undefined || token === undefined || assignments === undefined) return undefined;
  const pairs = [...assignments.matchAll(/(\w+)=(?:'([^']*)'|(\S+))/g)];
  const awsEnv = Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain]));
  return { apiUrl, token, awsEnv };
}
