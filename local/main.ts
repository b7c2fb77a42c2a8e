import { parseArgs } from 'node:util';
import type { Cloud } from './cloud.ts';
import { banner } from './dev/banner.ts';
import { formatEvent } from './dev/event-line.ts';
import { loadSubscriber, SubscriberError } from './dev/subscribers.ts';
import { StateInUseError } from './disk/state.ts';
import { PortInUseError } from './http/loopback-server.ts';
import { FunctionError } from './lambda/sandbox.ts';
import { UnsupportedTemplateError } from './template/unsupported.ts';

const USAGE = `Runs Nexus Raw Storage on this machine, as its stack deploys it.

  npm start -- [options]

  --port <port>          of the API (default 4000)
  --aws-port <port>      of the AWS endpoint (default: the API's and one)
  --subscribe <handler>  deliver events to a function too, such as examples/subscriber/handler.ts; the construct
                         Subscriber of subscriber.ts beside it says which. May be repeated
  --ephemeral            keep nothing: state goes to a temporary directory, else to .nexus/
  --help`;

/** Errors that the user of the program can mend. */
const USERS_ERRORS = [
  PortInUseError,
  StateInUseError,
  UnsupportedTemplateError,
  SubscriberError,
  FunctionError,
];

/** Within these milliseconds a second signal is the same keystroke: npm passes on a signal that the terminal sends to both. */
const SAME_KEYSTROKE = 500;

process.on('uncaughtException', report);

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
console.error('Starting…');
const starting = start();
stopOnSignal(starting);
try {
  const cloud = await starting;
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
  console.log(banner({ apiUrl: cloud.apiUrl, awsUrl: cloud.awsUrl, token }));
} catch (error) {
  report(error);
}

/** Loads the cloud only now: the CDK takes seconds, and a wrong flag should not. */
async function start(): Promise<Cloud> {
  const subscribers = await Promise.all(options.subscribers.map(loadSubscriber));
  const { startCloud } = await import('./cloud.ts');
  return startCloud({
    ...(!options.ephemeral && { dir: '.nexus' }),
    port: options.port,
    awsPort: options.awsPort,
    subscribers,
    log: (line) => console.error(line),
    onEvent: (event) => console.log(formatEvent(event)),
  });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4000' },
        'aws-port': { type: 'string' },
        subscribe: { type: 'string', multiple: true, default: [] },
        ephemeral: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const port = readPort('--port', values.port);
    const awsPort = values['aws-port'] ?? String(port === 0 ? 0 : port + 1);
    const { help, ephemeral, subscribe: subscribers } = values;
    return { help, ephemeral, subscribers, port, awsPort: readPort('--aws-port', awsPort) };
  } catch (error) {
    return fail(2, `${(error as Error).message} (--help lists the options)`);
  }
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`${flag} takes a port from 0 to 65535, not '${text}'`);
  return port;
}

/** The first signal stops cleanly, once whatever is starting has started; another one does not wait. */
function stopOnSignal(starting: Promise<Cloud>): void {
  let stoppedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      if (stoppedAt !== undefined) {
        if (performance.now() - stoppedAt > SAME_KEYSTROKE) process.exit(1);
        return;
      }
      stoppedAt = performance.now();
      console.error('Stopping…');
      await starting.then((cloud) => cloud.close()).catch(() => {});
      process.exit(0);
    });
  }
}

/** Ends the program. What its user can mend is one line; a fault of the program itself shows where it is, too. */
function report(error: unknown): never {
  const isUsers = USERS_ERRORS.some((type) => error instanceof type);
  if (!isUsers) console.error(error);
  const hint = error instanceof PortInUseError ? ': choose others with --port and --aws-port' : '';
  fail(1, (error instanceof Error ? error.message : String(error)) + hint);
}

/** Ends the program with one line on stderr. */
function fail(code: number, message: string): never {
  console.error(`nexus: ${message.split('\n', 1)[0]}`);
  process.exit(code);
}
