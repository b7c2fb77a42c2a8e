import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { Client, RegisteredAsset, UploadItem } from '../../client/index.ts';
import { assetIdOf } from '../asset-id.ts';
import type { Command } from '../command.ts';
import { bytes, count } from '../count.ts';
import type { Output } from '../output.ts';
import { Patience } from '../patience.ts';
import { sha256OfFile } from '../sha256-of-file.ts';
import { UsageError } from '../usage-error.ts';
import { type LocalFile, reasonOf, walk } from '../walk.ts';

/** The most files that are sent at a time. */
const CONCURRENCY = 16;

/** Several are under way at a time, and what is wrong with large ones need not be with the others. */
const MOST_FAILURES = 20;

interface PushItem extends UploadItem {
  readonly local: LocalFile;
  readonly assetId: string;
}

interface Totals {
  files: number;
  bytes: number;
}

export const push: Command = {
  usage: 'push PATH…            send files and folders; what is there already is not sent again',
  options: { restore: { type: 'boolean' }, concurrency: { type: 'string' } },
  async run({ positionals, values, client, output, signal }) {
    if (positionals.length === 0) throw new UsageError('push what? Name files or folders');
    const concurrency = Number(values['concurrency'] ?? CONCURRENCY);
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64)
      throw new UsageError('--concurrency is a number from 1 to 64');
    const owner = await client.whoami();
    const total = await totalsOf(positionals);
    const sent: Totals = { files: 0, bytes: 0 };
    const tally = { present: 0, restored: 0, failed: 0 };
    const patience = new Patience(MOST_FAILURES);
    const fail = (subject: string, reason: string, code: string) => {
      tally.failed += 1;
      output.result({ path: subject, error: code, message: reason });
      output.problem(subject, reason);
    };
    const items = itemsOf(positionals, owner, (file, reason) => fail(file, reason, 'unreadable_file'));

    for await (const outcome of client.uploadAll(items, { concurrency, resume: true, signal })) {
      const { local, assetId } = outcome.item;
      if ('asset' in outcome) {
        patience.succeeded();
        if (outcome.sent) {
          sent.files += 1;
          sent.bytes += local.size;
        } else tally.present += 1;
        tell(output, local.path, outcome.asset, outcome.sent ? 'sent' : 'present');
      } else if (outcome.error.code === 'asset_deleted' && values['restore']) {
        await restore(client, assetId, local.path).then(
          (asset) => {
            tally.restored += 1;
            tell(output, local.path, asset, 'restored');
          },
          (error: Error) => fail(local.file, error.message, 'asset_deleted'),
        );
      } else if (outcome.error.code === 'asset_deleted') {
        fail(local.file, `is deleted in the store: nexus restore ${assetId}`, 'asset_deleted');
      } else if (outcome.error.code !== 'aborted') {
        patience.failed(outcome.error);
        fail(local.file, outcome.error.message, outcome.error.code);
      }
      const done = sent.files + tally.present + tally.restored + tally.failed;
      output.progress(`${done} of ${count(total.files, 'file')}, ${bytes(sent.bytes)} sent`);
    }
    signal.throwIfAborted();
    output.result(
      { files_sent: sent.files, bytes_sent: sent.bytes, ...tally },
      [
        `${count(sent.files, 'file')} sent, ${bytes(sent.bytes)}`,
        `${tally.present.toLocaleString('en')} there already`,
        ...(tally.restored > 0 ? [`${tally.restored.toLocaleString('en')} restored`] : []),
        ...(tally.failed > 0 ? [`${tally.failed.toLocaleString('en')} failed`] : []),
      ].join('; '),
    );
    return tally.failed > 0 ? 1 : 0;
  },
};

function tell(output: Output, path: string, { asset_id, sha256 }: RegisteredAsset, outcome: string): void {
  output.result({ path, asset_id, sha256, outcome });
}

function restore(client: Client, assetId: string, path: string): Promise<RegisteredAsset> {
  return client.restore(assetId).catch((error: Error) => {
    throw new Error(`${path} is deleted, and cannot be restored: ${error.message}`);
  });
}

async function totalsOf(paths: readonly string[]): Promise<Totals> {
  const total: Totals = { files: 0, bytes: 0 };
  for await (const found of walk(paths)) {
    if (!('size' in found)) continue;
    total.files += 1;
    total.bytes += found.size;
  }
  return total;
}

/** Files with their hashes and ids, one at a time as they are asked for. */
async function* itemsOf(
  paths: readonly string[],
  owner: { readonly tenant_id: string; readonly env: string },
  fail: (file: string, reason: string) => void,
): AsyncGenerator<PushItem> {
  /** Only several arguments can give one path twice. */
  const seen = paths.length > 1 ? new Map<string, string>() : undefined;
  for await (const local of walk(paths)) {
    if (!('size' in local)) {
      fail(local.file, local.reason);
      continue;
    }
    const other = seen?.get(local.path);
    seen?.set(local.path, local.file);
    if (other !== undefined) {
      fail(local.file, `would lie where ${other} does: push them one after the other`);
      continue;
    }
    try {
      // Opened first: it is read no more once the file has changed since, and so is what is hashed.
      const file = await openAsBlob(local.file);
      const sha256 = await sha256OfFile(local.file);
      yield {
        local,
        file,
        filename: basename(local.path),
        metadata: { path: local.path },
        sha256,
        assetId: assetIdOf(owner, local.path, sha256),
      };
    } catch (error) {
      fail(local.file, reasonOf(error));
    }
  }
}
