import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** Asks a question. @returns whether the answer is yes; the end of the input and Ctrl-C count as no */
export async function confirm(question: string, input: Readable, output: Writable): Promise<boolean> {
  const lines = createInterface({ input, output });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: closed.signal })).trim());
  } catch {
    output.write('\n');
    return false;
  } finally {
    lines.close();
  }
}
