/** Ends the program with one line on stderr, never a stack trace. */
export function fail(program: string, exitCode: number, error: unknown): never {
  const { name, message, code } = error as Error & { code?: string };
  const text = [name === 'Error' || name === 'TypeError' ? '' : name, message.split('\n', 1)[0] || code];
  console.error(`${program}: ${text.filter(Boolean).join(': ')}`);
  process.exit(exitCode);
}
