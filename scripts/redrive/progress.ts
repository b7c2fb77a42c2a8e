import type { Writable } from 'node:stream';

/** A terminal or a file. */
export type Output = Writable & { readonly isTTY?: boolean };

const EVERY_MS = { terminal: 100, file: 10_000 };

/** Tells how far long work is: on a terminal in one line that changes, else by a line every 10 seconds. */
export class Progress {
  readonly #output: Output;
  #toldAt = Date.now();

  constructor(output: Output) {
    this.#output = output;
  }

  tell(text: string): void {
    const { isTTY } = this.#output;
    if (Date.now() - this.#toldAt < (isTTY ? EVERY_MS.terminal : EVERY_MS.file)) return;
    this.#toldAt = Date.now();
    this.#output.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Leaves the line to what follows. */
  clear(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}
