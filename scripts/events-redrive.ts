import { DescribeEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { EventSender } from '#core/events/event-sender';
import { count } from '../cli/count.ts';
import { interruption } from '../cli/interruption.ts';
import { Progress } from '../cli/progress.ts';
import { concurrently } from './operator/concurrently.ts';
import { confirm } from './operator/confirm.ts';
import { runProgram } from './operator/program.ts';
import { readStackOutputs } from './operator/stack-outputs.ts';
import { Backlog } from './redrive/backlog.ts';
import { readFailureObjects } from './redrive/failure-objects.ts';
import { type Options, OUTPUTS, readOptions, USAGE } from './redrive/options.ts';
import { readPoisonMessages } from './redrive/poison-messages.ts';
import { redrive } from './redrive/redrive.ts';

/** How many objects and messages are named, at most, for each reason why they are kept. */
const MOST_NAMES = 5;

await runProgram({ name: 'events:redrive', usage: USAGE, failure: 1, readOptions: optionsOf, run });

/** Resolves to the exit code: 1 if any event could not be sent, or any object or message not deleted. */
async function run({ where, dryRun, yes }: Options): Promise<number> {
  const { bus, bucket, queue } = typeof where === 'string' ? await readStackOutputs(where, OUTPUTS) : where;
  const events = new EventBridgeClient();
  // EventBridge takes what is put on a bus that is not there, and drops it.
  await events.send(new DescribeEventBusCommand({ Name: bus }));

  const signal = interruption('Interrupted: nothing is sent');
  const progress = new Progress(process.stderr);
  const reportRead = (text: string) => {
    signal.throwIfAborted();
    progress.report(text);
  };
  const backlog = new Backlog();
  try {
    await readPoisonMessages(new SQSClient(), queue, backlog, reportRead);
    await readFailureObjects(new S3Client(), bucket, backlog, reportRead);
    progress.clear();
    const total = backlog.changes().length;
    if (backlog.deadLetters().length === 0) return say('Nothing is held.', 0);
    console.log(String(backlog));
    if (dryRun) return 0;
    const isWanted = yes || (await confirm(`Send them to ${bus}?`, process.stdin, process.stderr));
    if (!isWanted) return say('Nothing is sent.', 1);

    const { sent, stays } = await redrive({
      backlog,
      sender: new EventSender(events, bus),
      signal,
      onProgress: (sent) => progress.report(`${sent} of ${count(total, 'event')} sent`),
    });
    progress.clear();
    console.log(`Sent ${count(sent, 'event')}.`);
    if (stays.size === 0) return 0;
    for (const [reason, names] of stays) console.error(lineOf(reason, [...names]));
    console.error(`What stays: ${backlog}`);
    return 1;
  } finally {
    await concurrently(backlog.deadLetters(), (letter) => letter.release().catch(() => {}));
  }
}

function say(text: string, exitCode: number): number {
  console.log(text);
  return exitCode;
}

/** `ValiError: Invalid type…: 1f3a…, aws/lambda/…, and 3 more` */
function lineOf(reason: string, names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? [`and ${names.length - MOST_NAMES} more`] : [];
  return `${reason}: ${[...names.slice(0, MOST_NAMES), ...more].join(', ')}`;
}

function optionsOf(args: readonly string[]): Options {
  const options = readOptions(args);
  const mayAct = options.help || options.dryRun || options.yes || process.stdin.isTTY;
  if (!mayAct) throw new Error('There is no terminal to ask on: give --yes, or --dry-run');
  return options;
}
