import { Progress } from './progress.ts';

/** What a command prints: lines for people, or JSON a line for programs; progress beside it on stderr. */
export class Output {
  readonly isJson: boolean;
  readonly #progress = new Progress(process.stderr);

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** @param value as JSON @param line for people; undefined for what only programs want to know */
  result(value: object, line?: string): void {
    const text = this.isJson ? JSON.stringify(value) : line && printable(line);
    if (text === undefined) return;
    this.#progress.clear();
    process.stdout.write(`${text}\n`);
  }

  /** Something that failed, and stops nothing else. */
  problem(subject: string, reason: string): void {
    this.#progress.clear();
    process.stderr.write(`nexus: ${printable(`${subject}: ${reason}`)}\n`);
  }

  progress(text: string): void {
    this.#progress.report(text);
  }

  clear(): void {
    this.#progress.clear();
  }
}

/** Paths and reasons hold what somebody has sent: a terminal must not take that for commands, nor show it in another order. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '?');
}
