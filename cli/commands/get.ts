import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { NexusError } from '../../client/index.ts';
import type { Command } from '../command.ts';
import { bytes } from '../count.ts';
import { fetchFile } from '../fetch-file.ts';
import { UsageError } from '../usage-error.ts';
import { reasonOf } from '../walk.ts';

export const get: Command = {
  usage: 'get ID [FILE]         fetch one asset, to FILE or by its name; - is the standard output',
  options: { force: { type: 'boolean' } },
  async run({ positionals, values, client, output, signal }) {
    const [id, name] = positionals;
    if (id === undefined || positionals.length > 2)
      throw new UsageError('get what? Name an asset’s id, and a file');
    const asset = await client.get(id);
    if (name === '-') {
      // Verified first, since what is printed cannot be taken back.
      const folder = await mkdtemp(join(tmpdir(), 'nexus-'));
      // Also where whoever reads has enough of it, or waits no longer.
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      const file = join(folder, 'file');
      await fetchFile(client, asset, file, { signal });
      await pipeline(createReadStream(file), process.stdout, { end: false });
      return 0;
    }
    const file = name ?? asset.filename;
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    if (isThere && values['force'] !== true)
      throw new UsageError(`${file} is there already: --force overwrites it`);
    try {
      await fetchFile(client, asset, file, { signal });
    } catch (error) {
      if (error instanceof NexusError || signal.aborted) throw error;
      output.problem(file, reasonOf(error));
      return 1;
    }
    output.result({ ...asset, file }, `${file}: ${bytes(asset.size_bytes)}, verified`);
    return 0;
  },
};
