import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { KINDS, type Tally } from './differences.ts';
import type { Place } from './reconcile.ts';

/** What is compared: a place in one comparison means nothing in another. */
export interface Subject {
  readonly bucket: string;
  readonly table: string;
  readonly tenant: string | undefined;
}

export interface Progress {
  readonly place: Place;
  readonly tally: Tally;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Kept = v.object({
  bucket: v.string(),
  table: v.string(),
  tenant: v.optional(v.string()),
  place: v.variant('walk', [
    v.object({
      walk: v.literal('versions'),
      from: v.exactOptional(v.object({ key: v.string(), version_id: v.optional(v.string()) })),
    }),
    v.object({ walk: v.literal('records'), from: v.exactOptional(v.string()) }),
  ]),
  tally: v.object({
    versions: count,
    open: count,
    bytes: count,
    records: count,
    orphanBytes: count,
    told: count,
    found: v.object(v.entriesFromList(KINDS, count)),
  }),
});

/** Keeps how far a comparison has come, so that a process that ends is not the end of its work. */
export class CursorFile {
  readonly #path: string;
  readonly #subject: Subject;

  constructor(path: string, subject: Subject) {
    this.#path = path;
    this.#subject = subject;
  }

  /** @returns undefined where there is no file. @throws Error for one that another comparison keeps, or that is something else */
  read(): Progress | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const kept = v.safeParse(v.pipe(v.string(), v.parseJson(), Kept), text);
    if (!kept.success) throw new Error(`${this.#path} is no cursor of a reconciliation`);
    const { place, tally, ...subject } = kept.output;
    const { bucket, table, tenant } = this.#subject;
    if (subject.bucket !== bucket || subject.table !== table || subject.tenant !== tenant)
      throw new Error(
        `${this.#path} is the cursor of another reconciliation: give another file, or remove it`,
      );
    return { place: place as Place, tally };
  }

  /** Whole or not at all, whenever the process ends. */
  write({ place, tally }: Progress): void {
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${JSON.stringify({ ...this.#subject, place, tally })}\n`);
    renameSync(draft, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
