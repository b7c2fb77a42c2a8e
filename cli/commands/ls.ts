import type { Command } from '../command.ts';
import { bytes } from '../count.ts';
import { FILTERS, filtersOf } from '../filters.ts';
import { pathOf } from '../target.ts';
import { UsageError } from '../usage-error.ts';

export const ls: Command = {
  usage: 'ls                    list what is in the store, newest first; --deleted what is deleted',
  options: { ...FILTERS, deleted: { type: 'boolean' }, limit: { type: 'string' } },
  async run({ positionals, values, client, output, signal }) {
    if (positionals.length > 0) throw new UsageError('ls takes no names: filter by its options');
    const limit = Number(values['limit'] ?? Number.POSITIVE_INFINITY);
    if (Number.isNaN(limit) || limit < 1) throw new UsageError('--limit is a number from 1');
    const status = values['deleted'] === true ? 'deleted' : 'registered';
    let listed = 0;
    for await (const asset of client.list({ ...filtersOf(values), status, signal })) {
      const size = bytes(asset.size_bytes).padStart(12);
      output.result(asset, `${asset.created_at}  ${asset.asset_id} ${size}  ${pathOf(asset)}`);
      listed += 1;
      if (listed >= limit) break;
    }
    return 0;
  },
};
