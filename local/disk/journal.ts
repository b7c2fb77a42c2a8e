import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { GroupSync } from './group-sync.ts';

/**
 * A file of JSON entries, one a line, to which entries are only ever appended. What is appended outlives the process, however
 * that ends; once it is synced, a loss of power too. A line that a crash has cut short is dropped when the file is opened.
 */
export class Journal<TEntry> {
  readonly #descriptor: number;
  #length: number;
  readonly #sync: GroupSync;

  private constructor(descriptor: number, length: number) {
    this.#descriptor = descriptor;
    this.#sync = new GroupSync(descriptor);
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

  /** Resolves once every entry so far would survive a loss of power. */
  synced(): Promise<void> {
    return this.#sync.synced();
  }

  /** Closes the file once the syncs that are asked for are made. */
  close(): void {
    if (this.#sync.isIdle) closeSync(this.#descriptor);
    else void this.#sync.idle().then(() => closeSync(this.#descriptor));
  }
}
