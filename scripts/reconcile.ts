import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { objectCreated } from '#core/settle/object-created';
import { count } from '../cli/count.ts';
import { interruption } from '../cli/interruption.ts';
import { Progress } from '../cli/progress.ts';
import { confirm } from './operator/confirm.ts';
import { runProgram } from './operator/program.ts';
import { readStackOutputs } from './operator/stack-outputs.ts';
import { CursorFile } from './reconcile/cursor-file.ts';
import { type Difference, differences, emptyTally, left } from './reconcile/differences.ts';
import { DynamoDbRecords } from './reconcile/dynamodb-records.ts';
import { type Options, OUTPUTS, readOptions, USAGE } from './reconcile/options.ts';
import { type Place, reconcile } from './reconcile/reconcile.ts';
import { S3Versions } from './reconcile/s3-versions.ts';
import { summary } from './reconcile/summary.ts';

await runProgram({ name: 'reconcile', usage: USAGE, failure: 2, readOptions: optionsOf, run });

/** Resolves to the exit code. */
async function run({ where, tenant, fix, yes, cursor }: Options): Promise<number> {
  const { bucket, table, queue } = typeof where === 'string' ? await readStackOutputs(where, OUTPUTS) : where;
  const file = cursor === undefined ? undefined : new CursorFile(cursor, { bucket, table, tenant });
  const begun = file?.read();
  const question = `Have the versions in ${bucket} removed that can never get a record?`;
  if (fix && !yes && !(await confirm(question, process.stdin, process.stderr))) {
    console.error('Nothing is removed.');
    return 2;
  }

  const signal = interruption(
    cursor === undefined ? 'Interrupted' : `Interrupted: the same command goes on from ${cursor}`,
  );
  const progress = new Progress(process.stderr);
  const tally = begun?.tally ?? emptyTally();
  const sqs = new SQSClient();
  const tellSettle = async ({ key, version_id }: Extract<Difference, { kind: 'orphan' }>) => {
    await sqs.send(
      new SendMessageCommand({ QueueUrl: queue, MessageBody: objectCreated(bucket, key, version_id) }),
    );
    tally.told += 1;
  };
  await reconcile({
    versions: new S3Versions(new S3Client(), bucket, tenant),
    records: new DynamoDbRecords(new DynamoDBClient(), table, tenant),
    tally,
    place: begun?.place ?? { walk: 'versions' },
    async onDifference(difference) {
      if (fix && difference.kind === 'orphan') await tellSettle(difference);
      progress.clear();
      console.log(JSON.stringify(difference));
    },
    onPage(place) {
      if (place !== undefined) {
        file?.write({ place, tally });
        signal.throwIfAborted();
      }
      progress.report(reached(place));
    },
  }).finally(() => progress.clear());
  file?.remove();
  console.error(summary(tally));
  return left(tally) === 0 ? 0 : 1;

  function reached(place: Place | undefined): string {
    const versions = count(tally.versions, 'version');
    const records = place?.walk === 'versions' ? '' : `, ${count(tally.records, 'record')}`;
    return `${versions}${records} compared: ${count(differences(tally), 'difference')}`;
  }
}

function optionsOf(args: readonly string[]): Options {
  const options = readOptions(args);
  const mayAct = options.help || !options.fix || options.yes || process.stdin.isTTY;
  if (!mayAct) throw new Error('There is no terminal to ask on: give --yes');
  return options;
}
