import type { ParseArgsOptionsConfig } from 'node:util';
import type { Client } from '../client/index.ts';
import type { Output } from './output.ts';

export interface Invocation {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly client: Client;
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Command {
  /** A line of the help. */
  readonly usage: string;
  /** Beside those that every command has. */
  readonly options: ParseArgsOptionsConfig;
  /** @returns the exit code: 1 where something failed, or differs. @throws UsageError, NexusError */
  run(invocation: Invocation): Promise<number>;
}
