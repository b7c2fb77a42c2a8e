import type { Writable } from 'node:stream';

/** A terminal or a file. */
export type Output = Writable & { readonly isTTY?: boolean };

const EVERY_MS = { terminal: 100, file: 10_000 };

/** Reports how far long work has come: on a terminal in one line that is overwritten, else in a new line every 10 seconds. */
export class Progress {
  readonly #output: Output;
  #reportedAt = Date.now();

  constructor(output: Output) {
    this.#output = output;
  }

  report(text: string): void {
    const { isTTY } = this.#output;
    if (Date.now() - this.#reportedAt < (isTTY ? EVERY_MS.terminal : EVERY_MS.file)) return;
    this.#reportedAt = Date.now();
    this.#output.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Removes the line from a terminal, so that other output can take its place. */
  clear(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}
