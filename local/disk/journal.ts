import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

/**
 * A file of JSON entries, one a line, to which entries are only ever appended. What is appended outlives the process, however
 * that ends; once it is synced, a loss of power too. A line that a crash has cut short is dropped when the file is opened.
 */
export class Journal<TEntry> {
  readonly #descriptor: number;
  #length: number;
  /** The sync that runs. */
  #running: Promise<void> | undefined;
  /** The one that follows. */
  #next: Promise<void> | undefined;

  private constructor(descriptor: number, length: number) {
    this.#descriptor = descriptor;
    this.#length = length;
  }

  /** Opens the file, making it on first use, and reads what it holds. */
  static open<TEntry>(path: string): { journal: Journal<TEntry>; entries: TEntry[] } {
    const descriptor = openSync(path, 'a+', 0o600);
    const content = readFileSync(descriptor);
    const length = content.lastIndexOf('\n') + 1;
    if (length < content.length) ftruncateSync(descriptor, length);
    const lines = content.toString('utf8', 0, length).split('\n').slice(0, -1);
    return { journal: new Journal(descriptor, length), entries: lines.map((line) => JSON.parse(line)) };
  }

  /** Replaces the file by one that holds these entries. A crash leaves either the old file or the new one. */
  static rewrite<TEntry>(path: string, entries: readonly TEntry[]): Journal<TEntry> {
    const unnamed = `${path}.new`;
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(unnamed, lines, { mode: 0o600, flush: true });
    renameSync(unnamed, path);
    return Journal.open<TEntry>(path).journal;
  }

  /** Returns once the entry would survive the end of the process. */
  append(entry: TEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.#descriptor, line, written);
      }
    } catch (error) {
      // A full disk leaves half a line, which the next entry would be appended to.
      ftruncateSync(this.#descriptor, this.#length);
      throw error;
    }
    this.#length += line.length;
  }

  /** Resolves once every entry so far would survive a loss of power. Those who come while a sync runs share the next one. */
  synced(): Promise<void> {
    this.#next ??= this.#syncAfter(this.#running);
    return this.#next;
  }

  /** Closes the file once the syncs that are asked for are made. */
  close(): void {
    const last = this.#next ?? this.#running;
    const close = () => closeSync(this.#descriptor);
    if (last === undefined) close();
    else void last.then(close, close);
  }

  async #syncAfter(earlier: Promise<void> | undefined): Promise<void> {
    await earlier?.catch(() => {});
    this.#running = this.#next;
    this.#next = undefined;
    try {
      await sync(this.#descriptor);
    } finally {
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}
