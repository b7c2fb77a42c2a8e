import { lstat } from 'node:fs/promises';
import { type Client, NexusError, type RawAsset } from '../../client/index.ts';
import type { Command } from '../command.ts';
import { bytes, count } from '../count.ts';
import { fetchFile } from '../fetch-file.ts';
import { FILTERS, filtersOf } from '../filters.ts';
import { Patience } from '../patience.ts';
import { sha256OfFile } from '../sha256-of-file.ts';
import { makeFolders, PathError, pathOf, under } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { reasonOf } from '../walk.ts';

/** They come one after the other. */
const MOST_FAILURES = 3;

export const pull: Command = {
  usage: 'pull FOLDER           fetch what is in the store; what is there already is not fetched again',
  options: { ...FILTERS, force: { type: 'boolean' } },
  async run({ positionals, values, client, output, signal }) {
    const [folder] = positionals;
    if (folder === undefined || positionals.length > 1) throw new UsageError('pull where? Name one folder');
    const tally = { files: 0, bytes: 0, present: 0, failed: 0 };
    const written = new Written();
    const patience = new Patience(MOST_FAILURES);
    for await (const asset of client.list({ ...filtersOf(values), signal })) {
      const path = pathOf(asset);
      try {
        // The list is newest first: of one path the newest counts.
        if (!written.isFirst(path)) continue;
        const file = under(folder, path);
        await makeFolders(folder, file);
        const outcome = await place(client, asset, file, written, {
          force: values['force'] === true,
          signal,
          onBytes: (more) => {
            tally.bytes += more;
            output.progress(`${count(tally.files, 'file')} fetched, ${bytes(tally.bytes)}`);
          },
        });
        if (outcome === 'fetched') patience.succeeded();
        tally[outcome === 'fetched' ? 'files' : 'present'] += 1;
        output.result({ path, asset_id: asset.asset_id, sha256: asset.sha256, outcome });
      } catch (error) {
        signal.throwIfAborted();
        patience.failed(error);
        tally.failed += 1;
        const { code, message } = refusalOf(error);
        output.result({ path, asset_id: asset.asset_id, error: code, message });
        output.problem(path, message);
      }
      output.progress(`${count(tally.files, 'file')} fetched, ${bytes(tally.bytes)}`);
    }
    output.result(
      {
        files_fetched: tally.files,
        bytes_fetched: tally.bytes,
        present: tally.present,
        failed: tally.failed,
      },
      [
        `${count(tally.files, 'file')} fetched, ${bytes(tally.bytes)}`,
        `${tally.present.toLocaleString('en')} there already`,
        ...(tally.failed > 0 ? [`${tally.failed.toLocaleString('en')} failed`] : []),
      ].join('; '),
    );
    return tally.failed > 0 ? 1 : 0;
  },
};

/** The code and the words with which a file is told that was not fetched. */
function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof NexusError) return error;
  if (error instanceof PathError) return { code: 'path_refused', message: error.message };
  return { code: 'not_written', message: reasonOf(error) };
}

/** What this run has written. */
class Written {
  readonly #paths = new Set<string>();
  /** Files by device and number: two paths may be one file where the disk takes upper and lower case for the same. */
  readonly #files = new Map<string, string>();

  /** Notes a path. @returns whether it is a new one */
  isFirst(path: string): boolean {
    const isNew = !this.#paths.has(path);
    this.#paths.add(path);
    return isNew;
  }

  /** Notes that this file is the path's. */
  async claim(file: string, path: string): Promise<void> {
    const { dev, ino } = await lstat(file, { bigint: true });
    this.#files.set(`${dev} ${ino}`, path);
  }

  /** The path that has been written to a file of this device and number. */
  pathOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string | undefined {
    return this.#files.get(`${dev} ${ino}`);
  }
}

async function place(
  client: Client,
  asset: RawAsset,
  file: string,
  written: Written,
  options: {
    readonly force: boolean;
    readonly signal: AbortSignal;
    readonly onBytes: (more: number) => void;
  },
): Promise<'fetched' | 'present'> {
  const found = await lstat(file, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== undefined) {
    const other = written.pathOf(found);
    if (other !== undefined) throw new PathError(`is the same file as ${other} on this disk`);
    if (!found.isFile()) throw new PathError('is there already, as a folder or a link');
    const isSame = found.size === BigInt(asset.size_bytes) && (await sha256OfFile(file)) === asset.sha256;
    if (isSame) {
      await written.claim(file, pathOf(asset));
      return 'present';
    }
    if (!options.force) throw new PathError('is there already, with other bytes: --force overwrites it');
  }
  await fetchFile(client, asset, file, options);
  await written.claim(file, pathOf(asset));
  return 'fetched';
}
