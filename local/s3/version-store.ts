import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import { type Cause, Notifications } from './notifications.ts';
import type { DeleteMarker, ObjectDescription, ObjectVersion, StoredVersion } from './object-version.ts';
import { StagedUpload } from './staged-upload.ts';

/** A line of the journal, with its cause where EventBridge is told of it. */
type VersionLine =
  | { readonly added: ObjectVersion; readonly cause?: Cause }
  | { readonly removed: ObjectVersion; readonly cause?: Cause; readonly at?: string };

/**
 * Keeps versions of objects in a directory. A version's bytes are in a file that is named by its id, never by a key. The
 * version exists once the journal names it. A file that the journal does not name was left by a crash, and is removed when
 * the store is opened.
 */
export class VersionStore {
  /** Tells of the changes that have a cause. */
  readonly notifications: Notifications;
  readonly #data: string;
  readonly #staging: string;
  readonly #journal: Journal<VersionLine>;
  /** By bucket and key: the versions of an object, newest first. */
  readonly #buckets = new Map<string, Map<string, ObjectVersion[]>>();
  readonly #now: () => Date;
  #sequence = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(dir: string, now: () => Date = () => new Date()) {
    this.#now = now;
    this.#data = join(dir, 'data');
    this.#staging = join(dir, 'staging');
    rmSync(this.#staging, { recursive: true, force: true });
    for (const path of [this.#data, this.#staging]) mkdirSync(path, { recursive: true, mode: 0o700 });

    this.notifications = new Notifications(join(dir, 'notified.jsonl'));
    const { journal, entries } = Journal.open<VersionLine>(join(dir, 'versions.jsonl'));
    this.#journal = journal;
    for (const line of entries) this.#apply(line);
    this.#removeOrphans();
  }

  stage(): Promise<StagedUpload> {
    return StagedUpload.open(this.#staging);
  }

  /** Makes a staged upload, which must be sealed, the object's current version. */
  async commit(
    upload: StagedUpload,
    digests: { readonly md5: Buffer; readonly sha256: Buffer },
    description: ObjectDescription,
    cause?: Cause,
  ): Promise<StoredVersion> {
    const added = await this.#inTurn(async () => {
      const version: StoredVersion = {
        ...description,
        ...this.#newVersion(),
        size: upload.size,
        etag: `"${digests.md5.toString('hex')}"`,
        sha256: digests.sha256.toString('base64'),
      };
      await rename(upload.path, this.#path(version));
      await syncDirectory(this.#data);
      this.#record({ added: version, ...(cause && { cause }) });
      return version;
    });
    await this.#journal.synced();
    return added;
  }

  /** Makes a delete marker the object's current version, whether or not there is an object. */
  markDeleted(bucket: string, key: string, cause?: Cause): Promise<DeleteMarker> {
    return this.#inTurn(async () => {
      const marker: DeleteMarker = { bucket, key, ...this.#newVersion(), deleted: true };
      this.#record({ added: marker, ...(cause && { cause }) });
      return marker;
    });
  }

  /** Removes one version for good. @returns the version; undefined where there is none */
  remove(bucket: string, key: string, versionId: string, cause?: Cause): Promise<ObjectVersion | undefined> {
    return this.#inTurn(async () => {
      const version = this.find(bucket, key, versionId);
      if (version === undefined) return undefined;
      const at = this.#now().toISOString();
      this.#record({ removed: version, ...(cause && { cause, at }) });
      await rm(this.#path(version), { force: true });
      return version;
    });
  }

  /** Finds the version with this id; without an id the current version, which may be a delete marker. */
  find(bucket: string, key: string, versionId?: string): ObjectVersion | undefined {
    const versions = this.#buckets.get(bucket)?.get(key);
    return versionId === undefined ? versions?.[0] : versions?.find((it) => it.versionId === versionId);
  }

  /** Every key of a bucket, in no order, with its versions, newest first. */
  keys(bucket: string): Iterable<readonly [key: string, versions: readonly ObjectVersion[]]> {
    return this.#buckets.get(bucket) ?? [];
  }

  /** Opens a version's file. It stays readable to its end even if the version is removed meanwhile. */
  open(version: StoredVersion): Promise<FileHandle> {
    return open(this.#path(version));
  }

  /** Waits for the changes that were begun, and closes the journal. */
  async close(): Promise<void> {
    await this.#inTurn(async () => this.#journal.close());
    await this.notifications.close();
  }

  #newVersion(): { versionId: string; lastModified: string } {
    this.#sequence += 1;
    const order = this.#sequence.toString(36).padStart(SEQUENCE_LENGTH, '0');
    return {
      versionId: `${order}${randomBytes(18).toString('base64url')}`,
      lastModified: this.#now().toISOString(),
    };
  }

  #path({ versionId }: ObjectVersion): string {
    return join(this.#data, versionId);
  }

  #record(line: VersionLine): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: VersionLine): void {
    const { cause } = line;
    if ('added' in line) {
      const { bucket, key, versionId, lastModified } = line.added;
      if (cause) this.notifications.add({ version: line.added, removed: false, cause, at: lastModified });
      const keys = this.#buckets.get(bucket) ?? new Map<string, ObjectVersion[]>();
      this.#buckets.set(bucket, keys.set(key, [line.added, ...(keys.get(key) ?? [])]));
      this.#sequence = Math.max(this.#sequence, Number.parseInt(versionId.slice(0, SEQUENCE_LENGTH), 36));
      return;
    }
    const { removed, at = removed.lastModified } = line;
    if (cause) this.notifications.add({ version: removed, removed: true, cause, at });
    const { bucket, key, versionId } = removed;
    const keys = this.#buckets.get(bucket);
    const left = keys?.get(key)?.filter((version) => version.versionId !== versionId) ?? [];
    if (left.length > 0) keys?.set(key, left);
    else keys?.delete(key);
  }

  /** Makes changes one at a time, so that versions become visible in the order of their ids. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(change);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  #removeOrphans(): void {
    const known = new Set<string>();
    for (const keys of this.#buckets.values()) {
      for (const versions of keys.values()) for (const { versionId } of versions) known.add(versionId);
    }
    for (const name of readdirSync(this.#data)) if (!known.has(name)) rmSync(join(this.#data, name));
  }
}

/** The digits, in base 36, of the number that an id begins with. */
const SEQUENCE_LENGTH = 9;

/** Makes sure that a rename in this directory is on disk. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
