/** A program that an operator runs by npm. */
export interface Program<TOptions extends { readonly help: boolean }> {
  /** As npm knows it. */
  readonly name: string;
  readonly usage: string;
  /** The exit code where it fails. */
  readonly failure: number;
  /** @throws Error for options that cannot be understood, or that need a terminal which is not there */
  readOptions(args: readonly string[]): TOptions;
  /** @returns the exit code */
  run(options: TOptions): Promise<number>;
}

/** Runs it. Options that cannot be understood end it with 2; whatever goes wrong is one line on stderr, never a stack trace. */
export async function runProgram<TOptions extends { readonly help: boolean }>({
  name,
  usage,
  failure,
  readOptions,
  run,
}: Program<TOptions>): Promise<void> {
  const fail = (exitCode: number, error: unknown, hint = '') => {
    console.error(`${name}: ${wordsOf(error)}${hint}`);
    process.exit(exitCode);
  };
  let options: TOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    return fail(2, error, ' (--help lists the options)');
  }
  if (options.help) return console.log(usage);
  try {
    process.exitCode = await run(options);
  } catch (error) {
    fail(failure, error);
  }
}

function wordsOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  const text = [name === 'Error' || name === 'TypeError' ? '' : name, message.split('\n', 1)[0] || code];
  return text.filter(Boolean).join(': ');
}
