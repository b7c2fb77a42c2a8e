import type { Command } from '../command.ts';
import { count } from '../count.ts';
import { sha256OfFile } from '../sha256-of-file.ts';
import { pathOf } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { reasonOf, walk } from '../walk.ts';

export const verify: Command = {
  usage: 'verify PATH…          compare files and folders with the store, by their SHA-256',
  options: {},
  async run({ positionals, client, output, signal }) {
    if (positionals.length === 0) throw new UsageError('verify what? Name files or folders');
    /** The newest of each path: the list is newest first. */
    const stored = new Map<string, string>();
    for await (const asset of client.list({ signal })) {
      const path = pathOf(asset);
      if (!stored.has(path)) stored.set(path, asset.sha256);
      output.progress(`${count(stored.size, 'path')} in the store`);
    }
    const tally = { same: 0, differs: 0, missing: 0, unreadable: 0 };
    const seen = new Set<string>();
    const fail = (path: string, message: string) => {
      tally.unreadable += 1;
      output.result({ path, error: 'unreadable_file', message });
      output.problem(path, message);
    };
    for await (const local of walk(positionals)) {
      signal.throwIfAborted();
      if (!('size' in local)) {
        fail(local.file, local.reason);
        continue;
      }
      const expected = stored.get(local.path);
      seen.add(local.path);
      try {
        const outcome =
          expected === undefined
            ? 'missing'
            : (await sha256OfFile(local.file)) === expected
              ? 'same'
              : 'differs';
        tally[outcome] += 1;
        const words = { same: undefined, differs: 'differs from the store', missing: 'is not in the store' }[
          outcome
        ];
        output.result({ path: local.path, outcome }, words && `${local.path}: ${words}`);
      } catch (error) {
        fail(local.file, reasonOf(error));
      }
      output.progress(`${count(seen.size, 'file')} compared`);
    }
    const elsewhere = [...stored.keys()].filter((path) => !seen.has(path)).length;
    const { same, differs, missing, unreadable } = tally;
    output.result(
      { ...tally, elsewhere },
      `${count(same, 'file')} the same; ${differs} differ, ${missing} not in the store, ${unreadable} unreadable; ` +
        `${count(elsewhere, 'path')} only in the store`,
    );
    return differs + missing + unreadable > 0 ? 1 : 0;
  },
};
