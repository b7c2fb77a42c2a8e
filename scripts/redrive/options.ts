import { parseArgs } from 'node:util';

export const USAGE = `Sends the events again that never reached the bus: what the failure bucket and the poison queue hold.

  npm run events:redrive -- --stack NexusRawStorage-dev [options]
  npm run events:redrive -- --bus <name> --bucket <name> --queue <url> [options]

  --stack <name>   the stack whose outputs name the bus, the failure bucket and the poison queue
  --bus <name>, --bucket <name>, --queue <url>
                   the same, one by one
  --dry-run        count, and do nothing
  --yes            do not ask
  --help

Credentials and Region are those of the AWS CLI. docs/operations.md says when to use it.`;

/** The stack's resources that a redrive reads and writes: its event bus, failure bucket and poison queue. */
export interface RedriveTargets {
  readonly bus: string;
  readonly bucket: string;
  /** The queue's URL. */
  readonly queue: string;
}

/** The stack's outputs that name them. */
export const OUTPUTS = {
  bus: 'EventBusName',
  bucket: 'FailureBucketName',
  queue: 'PoisonQueueUrl',
} as const satisfies Record<keyof RedriveTargets, string>;

export interface Options {
  readonly help: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** The name of a stack whose outputs name the targets, or the targets themselves. */
  readonly where: string | RedriveTargets;
}

/** @throws Error for an argument that is unknown, or that contradicts another */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      bus: { type: 'string' },
      bucket: { type: 'string' },
      queue: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { help, yes, 'dry-run': dryRun } = values;
  return { help, yes, dryRun, where: help ? '' : readWhere(values) };
}

function readWhere({
  stack,
  bus,
  bucket,
  queue,
}: Partial<RedriveTargets> & { readonly stack?: string }): string | RedriveTargets {
  const isNamed = [bus, bucket, queue].some((value) => value !== undefined);
  if (stack && !isNamed) return stack;
  if (stack === undefined && bus && bucket && queue) return { bus, bucket, queue };
  throw new Error('Give --stack NexusRawStorage-dev, or --bus, --bucket and --queue');
}
