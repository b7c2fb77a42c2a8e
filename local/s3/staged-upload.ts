import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** An upload that is under way: a file on disk, which is hashed as it is written, and is no object yet. */
export class StagedUpload {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #size = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  static async open(dir: string): Promise<StagedUpload> {
    const path = join(dir, randomUUID());
    return new StagedUpload(path, await open(path, 'wx', 0o600));
  }

  /** How many bytes have been written so far. */
  get size(): number {
    return this.#size;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    this.#md5.update(chunk);
    this.#sha256.update(chunk);
    await this.#file.appendFile(chunk);
  }

  /** Makes sure that every byte is on disk. Nothing can be written afterwards. */
  async seal(): Promise<{ readonly md5: Buffer; readonly sha256: Buffer }> {
    await this.#file.sync();
    await this.#file.close();
    return { md5: this.#md5.digest(), sha256: this.#sha256.digest() };
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.path, { force: true });
  }
}
