import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fdatasync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

/**
 * An upload that is under way: a file on disk, which is hashed as it is written, and is no object yet. It is written on this
 * thread, since the disk's cache takes a piece in less time than another thread does to be asked.
 */
export class StagedUpload {
  readonly path: string;
  readonly #descriptor: number;
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #size = 0;
  #isOpen = true;

  constructor(dir: string) {
    this.path = join(dir, randomUUID());
    this.#descriptor = openSync(this.path, 'wx', 0o600);
  }

  /** How many bytes have been written so far. */
  get size(): number {
    return this.#size;
  }

  write(chunk: Buffer): void {
    this.#md5.update(chunk);
    this.#sha256.update(chunk);
    for (let written = 0; written < chunk.length; ) written += writeSync(this.#descriptor, chunk, written);
    this.#size += chunk.length;
  }

  /** Makes sure that every byte is on disk. Nothing can be written afterwards. */
  async seal(): Promise<{ readonly md5: Buffer; readonly sha256: Buffer }> {
    await sync(this.#descriptor);
    this.#close();
    return { md5: this.#md5.digest(), sha256: this.#sha256.digest() };
  }

  discard(): void {
    this.#close();
    rmSync(this.path, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}
