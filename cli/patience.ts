import { NexusError } from '../client/index.ts';

/** What is wrong with the caller, or with this machine's disk, and not with a file. */
const FATAL = new Set(['unauthorized', 'scope_missing', 'tenant_missing', 'ENOSPC', 'EDQUOT']);

/** Tells what is wrong with one file from what is wrong with all. A second run does what is left. */
export class Patience {
  readonly #most: number;
  #inARow = 0;

  /** @param most how many files in a row may fail for what passes by itself, each having been tried for a while */
  constructor(most: number) {
    this.#most = most;
  }

  succeeded(): void {
    this.#inARow = 0;
  }

  /** @throws the error itself, where no other file would fare better */
  failed(error: unknown): void {
    const { code = '' } = error as { readonly code?: string };
    if (error instanceof NexusError) this.#inARow = error.retryable ? this.#inARow + 1 : 0;
    if (FATAL.has(code) || this.#inARow >= this.#most) throw error;
  }
}
