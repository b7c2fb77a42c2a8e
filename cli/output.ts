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
    const text = this.isJson ? JSON.stringify(value) : line;
    if (text === undefined) return;
    this.#progress.clear();
    process.stdout.write(`${text}\n`);
  }

  /** Something that failed, and stops nothing else. */
  problem(subject: string, reason: string): void {
    this.#progress.clear();
    process.stderr.write(`nexus: ${subject}: ${reason}\n`);
  }

  progress(text: string): void {
    this.#progress.report(text);
  }

  clear(): void {
    this.#progress.clear();
  }
}
