import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { TENANT_ID_RULE, TenantId } from '#contract/tenant';

export const USAGE = `Compares the bucket's versions with the table's records, and tells each difference as a line of JSON.

  npm run --silent reconcile -- --stack NexusRawStorage-dev [options]
  npm run --silent reconcile -- --bucket <name> --table <name> [--queue <url>] [options]

  --stack <name>    the stack whose outputs name the bucket, the table and the queue of arrivals
  --bucket <name>, --table <name>, --queue <url>
                    the same, one by one; only --fix needs the queue
  --tenant <id>     compare what one tenant has
  --fix orphans     have the versions removed that have no record and can never get one; nothing else is mended
  --cursor <file>   keep the place in this file, and go on from it if it is there
  --yes             do not ask before versions are removed
  --help

Exit code: 0 where nothing differs, or where all that does is an orphan that is being removed; 1 where something differs;
2 where it could not be told. Credentials and Region are those of the AWS CLI. docs/operations.md says when to use it.`;

/** The resources that a reconciliation reads, and the queue by which it has orphans removed. */
export interface ReconcileTargets {
  readonly bucket: string;
  readonly table: string;
  /** The queue's URL. */
  readonly queue: string;
}

/** The stack's outputs that name them. */
export const OUTPUTS = {
  bucket: 'RawBucketName',
  table: 'AssetTableName',
  queue: 'ArrivalQueueUrl',
} as const satisfies Record<keyof ReconcileTargets, string>;

export interface Options {
  readonly help: boolean;
  readonly yes: boolean;
  readonly fix: boolean;
  readonly tenant: string | undefined;
  /** The path of the file that keeps the place. */
  readonly cursor: string | undefined;
  /** The name of a stack whose outputs name the targets, or the targets themselves. */
  readonly where: string | ReconcileTargets;
}

/** @throws Error for an argument that is unknown, or that contradicts another */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      bucket: { type: 'string' },
      table: { type: 'string' },
      queue: { type: 'string' },
      tenant: { type: 'string' },
      fix: { type: 'string' },
      cursor: { type: 'string' },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { help, yes, tenant, cursor } = values;
  if (tenant !== undefined && !v.is(TenantId, tenant)) throw new Error(`--tenant is ${TENANT_ID_RULE}`);
  if (values.fix !== undefined && values.fix !== 'orphans')
    throw new Error(`--fix ${values.fix} is not known: orphans alone can be mended`);
  if (cursor === '') throw new Error('--cursor names no file');
  const fix = values.fix !== undefined;
  return { help, yes, fix, tenant, cursor, where: help ? '' : readWhere(values, fix) };
}

function readWhere(
  { stack, bucket, table, queue }: Partial<ReconcileTargets> & { readonly stack?: string },
  fix: boolean,
): string | ReconcileTargets {
  const isNamed = [bucket, table, queue].some((value) => value !== undefined);
  if (stack && !isNamed) return stack;
  if (stack === undefined && bucket && table && (queue || !fix)) return { bucket, table, queue: queue ?? '' };
  throw new Error('Give --stack NexusRawStorage-dev, or --bucket, --table and, with --fix, --queue');
}
