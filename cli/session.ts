import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { type Client, createClient } from '../client/index.ts';
import { UsageError } from './usage-error.ts';

/** The environment's variables that say where the service is, and by which token. */
export interface Environment {
  readonly NEXUS_URL?: string | undefined;
  readonly NEXUS_TOKEN?: string | undefined;
  readonly NEXUS_TOKEN_COMMAND?: string | undefined;
}

/** @throws UsageError where one of them is missing or malformed */
export function openClient({ NEXUS_URL, NEXUS_TOKEN, NEXUS_TOKEN_COMMAND }: Environment): Client {
  if (!NEXUS_URL) throw new UsageError('Set NEXUS_URL to the address of the API');
  if (!URL.canParse(NEXUS_URL)) throw new UsageError(`NEXUS_URL is no address: ${NEXUS_URL}`);
  if (NEXUS_TOKEN_COMMAND)
    return createClient({ baseUrl: NEXUS_URL, token: () => tokenOf(NEXUS_TOKEN_COMMAND) });
  if (NEXUS_TOKEN) return createClient({ baseUrl: NEXUS_URL, token: NEXUS_TOKEN });
  throw new UsageError('Set NEXUS_TOKEN to a token, or NEXUS_TOKEN_COMMAND to a command that prints one');
}

async function tokenOf(command: string): Promise<string> {
  const { stdout } = await promisify(exec)(command).catch((error: { code?: number; stderr?: string }) => {
    const [said = ''] = (error.stderr ?? '').trim().split('\n').slice(-1);
    throw new UsageError(`NEXUS_TOKEN_COMMAND ends with ${error.code}${said && `: ${said}`}`);
  });
  const token = stdout.trim();
  if (token === '') throw new UsageError('NEXUS_TOKEN_COMMAND prints nothing');
  return token;
}
