import { parseArgs } from 'node:util';
import { SCOPES } from '#contract/tenant';
import { contextNames, readContext } from '../lib/context.ts';
import type { RawStorageProps } from '../lib/raw-storage.ts';
import { SettingError } from '../lib/setting-error.ts';
import type { Cloud } from './cloud.ts';
import { overridingVariables, writeAwsProfile } from './dev/aws-profile.ts';
import { banner } from './dev/banner.ts';
import { formatEvent } from './dev/event-line.ts';
import { loadSubscriber, SubscriberError } from './dev/subscribers.ts';
import { StateInUseError } from './disk/state.ts';
import { PortInUseError } from './http/loopback-server.ts';
import { LOOPBACK_ORIGIN } from './http/origins.ts';
import { FunctionError } from './lambda/sandbox.ts';
import { UnsupportedTemplateError } from './template/unsupported.ts';

const USAGE = `Runs Nexus Raw Storage on this machine, as its stack deploys it.

  npm start -- [options]

  --port <port>          port of the API (default 4000)
  --aws-port <port>      port of the AWS endpoint (default: the API's and one)
  --allow-origin <url>   let pages of this origin call the API and the bucket too; pages on this machine may. Repeatable
  -c <name>=<value>      a setting of the stack, as cdk takes it. Repeatable
  --subscribe <handler>  deliver events to a function too, such as examples/subscriber/handler.ts; the construct
                         Subscriber of subscriber.ts beside it says which. Repeatable
  --ephemeral            keep nothing: state goes to a temporary directory, else to .nexus/
  -h, --help`;

/** Errors that the user of the program can mend. */
const USERS_ERRORS = [
  PortInUseError,
  StateInUseError,
  UnsupportedTemplateError,
  SubscriberError,
  FunctionError,
  SettingError,
];

/** The issuer is the local one, so that its settings are no choice here. */
const LOCAL_SETTINGS = ['issuer', 'audience', 'jwksUri', 'jwks'];

/** Within these milliseconds a second signal is the same keystroke: npm passes on a signal that the terminal sends to both. */
const SAME_KEYSTROKE = 500;

process.on('uncaughtException', report);

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const starting = start();
const isStopping = stopOnSignal(starting);
// Only now: whoever reads it may send a signal at once.
console.error('Starting…');
try {
  const cloud = await starting;
  const { apiUrl, awsUrl, region, iam } = cloud;
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: SCOPES.join(' ') });
  const credentials = iam.administrator;
  const awsConfig = writeAwsProfile(cloud.dir, { url: awsUrl, region, credentials });
  const overriding = overridingVariables(process.env);
  if (!isStopping()) console.log(banner({ apiUrl, awsUrl, token, awsConfig, overriding }));
} catch (error) {
  report(error);
}

/** Imports the cloud only now: its CDK takes seconds to load, which a wrong option should not wait for. */
async function start(): Promise<Cloud> {
  const subscribers = await Promise.all(options.subscribers.map(loadSubscriber));
  const [{ buildFunctions }, { buildPage }] = await Promise.all([
    import('../lib/bundler.ts'),
    import('../lib/client-bundle.ts'),
  ]);
  await Promise.all([buildFunctions(), buildPage()]);
  const { startCloud } = await import('./cloud.ts');
  return startCloud({
    ...(!options.ephemeral && { dir: '.nexus' }),
    port: options.port,
    awsPort: options.awsPort,
    subscribers,
    settings: options.settings,
    log: (line) => console.error(line),
    onEvent(event) {
      // S3 tells of every object; the service's own events say what became of it.
      if (event.source !== 'aws.s3') console.log(formatEvent(event));
    },
  });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4000' },
        'aws-port': { type: 'string' },
        'allow-origin': { type: 'string', multiple: true, default: [] },
        context: { type: 'string', short: 'c', multiple: true, default: [] },
        subscribe: { type: 'string', multiple: true, default: [] },
        ephemeral: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = readPort('--port', values.port);
    const awsPort = values['aws-port'] ?? String(port === 0 ? 0 : port + 1);
    const { help, ephemeral, subscribe: subscribers } = values;
    const settings = readSettings(values.context, values['allow-origin']);
    return { help, ephemeral, subscribers, port, awsPort: readPort('--aws-port', awsPort), settings };
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

/** @throws Error in one line for a setting that there is not, or that is malformed */
function readSettings(context: readonly string[], origins: readonly string[]): Partial<RawStorageProps> {
  const names = contextNames().filter((name) => !LOCAL_SETTINGS.includes(name));
  const values = new Map(context.map((text) => [text.split('=', 1)[0], text.slice(text.indexOf('=') + 1)]));
  for (const text of context) {
    const [name = ''] = text.split('=', 1);
    if (name === '' || text === name) throw new Error(`-c takes name=value, not '${text}'`);
    if (LOCAL_SETTINGS.includes(name))
      throw new Error(`-c ${name}: fixed on this machine, whose issuer is its own`);
    if (!names.includes(name))
      throw new Error(`-c ${name}: there is no such setting; there are ${names.join(', ')}`);
  }
  const { issuer, audience, ...settings } = readContext((name) => values.get(name));
  const allowedOrigins = settings.allowedOrigins ?? [LOOPBACK_ORIGIN];
  return { ...settings, allowedOrigins: [...allowedOrigins, ...origins] };
}

/**
 * Stops cleanly at the first signal, once the cloud has started. A second signal ends the process at once.
 *
 * @returns whether a signal has come
 */
function stopOnSignal(starting: Promise<Cloud>): () => boolean {
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
  return () => stoppedAt !== undefined;
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
