#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { NexusError } from '../client/index.ts';
import type { Command } from './command.ts';
import { get } from './commands/get.ts';
import { ls } from './commands/ls.ts';
import { pull } from './commands/pull.ts';
import { push } from './commands/push.ts';
import { restore } from './commands/restore.ts';
import { rm } from './commands/rm.ts';
import { verify } from './commands/verify.ts';
import { interruption } from './interruption.ts';
import { Output, printable } from './output.ts';
import { openClient } from './session.ts';
import { UsageError } from './usage-error.ts';
import { reasonOf } from './walk.ts';

// V8 would let its garbage pile up to twice as much, as long as the machine has memory.
for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=20']) setFlagsFromString(flag);

const COMMANDS: Readonly<Record<string, Command>> = { push, pull, ls, get, rm, restore, verify };

const USAGE = `Takes files to Nexus Raw Storage, and back.

${Object.values(COMMANDS)
  .map(({ usage }) => `  nexus ${usage}`)
  .join('\n')}

  --json                a line of JSON for each thing, and one for the sum
  --restore             push: bring back what is deleted in the store
  --concurrency N       push: send N files at a time (16)
  --force               pull, get: overwrite files that have other bytes
  --content-type T, --from TIME, --to TIME, --limit N
                        ls, pull: which assets; T is exact or type/*, TIME is of RFC 3339
  -h, --help

NEXUS_URL is the address of the API, NEXUS_TOKEN a token, or NEXUS_TOKEN_COMMAND a command that prints one whenever one is
needed. Exit code: 0; 1 where something failed or differs; 2 where the command cannot be understood; 130 after Ctrl-C.`;

const signal = interruption('Interrupted');
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads the lines has enough of them.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`nexus: ${reasonOf(error)}\n`);
  process.exit(1);
});

process.exitCode = await run(process.argv.slice(2));

async function run([name = '', ...args]: readonly string[]): Promise<number> {
  try {
    if (name === '' || ['-h', '--help', 'help'].includes(name)) {
      console.log(USAGE);
      return name === '' ? 2 : 0;
    }
    const command = COMMANDS[name];
    if (command === undefined) throw new UsageError(`There is no command ${name}: nexus --help lists them`);
    const { positionals, values } = parse(args, command);
    if (values['help'] === true) {
      console.log(USAGE);
      return 0;
    }
    const output = new Output(values['json'] === true);
    const client = openClient(process.env);
    return await command.run({ positionals, values, client, output, signal }).finally(() => output.clear());
  } catch (error) {
    if (signal.aborted) return 130;
    process.stderr.write(`nexus: ${printable(wordsOf(error))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parse(args: string[], { options }: Command) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    throw new UsageError(line.replace(/\. To specify a positional.*$/, ''));
  }
}

/** One line, never a stack trace. */
function wordsOf(error: unknown): string {
  if (error instanceof NexusError) {
    const { cause, message, requestId } = error;
    if (cause instanceof UsageError) return cause.message;
    return requestId === undefined ? message : `${message} (request ${requestId})`;
  }
  return error instanceof UsageError ? error.message : reasonOf(error);
}
