import { join } from 'node:path';
import type { RawStorageProps } from '../lib/raw-storage.ts';
import { createGateway } from './apigateway/gateway.ts';
import { API_RESOURCES, readApi } from './apigateway/template.ts';
import { CLOUDFORMATION_PLUGIN } from './cloudformation/plugin.ts';
import { type Issuer, openIssuer } from './dev/issuer.ts';
import { answerPage } from './dev/page.ts';
import { createLocalRoutes } from './dev/routes.ts';
import { openState } from './disk/state.ts';
import { dynamodbPlugin } from './dynamodb/plugin.ts';
import { startTimeToLive } from './dynamodb/time-to-live.ts';
import { createAwsEndpoint } from './endpoint/aws-endpoint.ts';
import { type OpenedServices, openServices } from './endpoint/plugin.ts';
import type { Bus } from './eventbridge/bus.ts';
import { EVENTBRIDGE_PLUGIN } from './eventbridge/plugin.ts';
import type { StoredEvent } from './eventbridge/put-events.ts';
import { DEFAULT_BUS } from './eventbridge/put-events.ts';
import { Subscriptions } from './eventbridge/subscriptions.ts';
import { listenOnLoopback } from './http/loopback-server.ts';
import type { Principals } from './iam/principals.ts';
import { IAM_RESOURCES, openPrincipals } from './iam/template.ts';
import { Functions } from './lambda/functions.ts';
import { readStreamMappings } from './lambda/mapping-template.ts';
import { readQueueMappings } from './lambda/queue-mapping-template.ts';
import { QueueMappings } from './lambda/queue-mappings.ts';
import { runtimeEnvironment } from './lambda/runtime.ts';
import { readersOf, StreamMappings } from './lambda/stream-mappings.ts';
import { LAMBDA_RESOURCES, readFunctions } from './lambda/template.ts';
import { toEventMessage } from './s3/event-message.ts';
import { S3_PLUGIN } from './s3/plugin.ts';
import { SQS_PLUGIN } from './sqs/plugin.ts';
import { STS_PLUGIN } from './sts/plugin.ts';
import { REGION } from './template/account.ts';
import type { ResourceTypes } from './template/resource-types.ts';
import { type Mount, synthesize } from './template/synth.ts';

/** The AWS services of the cloud. To add one, write a room for it and list its plugin here. */
export const PLUGINS = {
  s3: S3_PLUGIN,
  dynamodb: dynamodbPlugin((template, table) => readersOf(table, readStreamMappings(template))),
  sqs: SQS_PLUGIN,
  eventbridge: EVENTBRIDGE_PLUGIN,
  sts: STS_PLUGIN,
  cloudformation: CLOUDFORMATION_PLUGIN,
};

/** The resource types that are run here: those of the services, and those of rooms that clients do not call. */
export const RESOURCE_TYPES: ResourceTypes = Object.assign(
  {},
  ...Object.values(PLUGINS).map(({ resources }) => resources),
  API_RESOURCES,
  IAM_RESOURCES,
  LAMBDA_RESOURCES,
);

export interface CloudOptions {
  /** Where everything is kept. @default - a temporary directory, removed at close */
  readonly dir?: string;
  /** The API's port; with 0 any free one is taken. @default 0 */
  readonly port?: number;
  /** The port of the AWS services; with 0 any free one is taken. @default 0 */
  readonly awsPort?: number;
  /** The stack's settings beside those of its issuer. @default - the stack's own defaults */
  readonly settings?: Partial<RawStorageProps>;
  /** Constructs that are added to the stack to subscribe to its bus. @default - none */
  readonly subscribers?: readonly Mount[];
  /**
   * The time that the cloud and its functions go by, which a test can move. A client of the SDK corrects its own clock at the
   * first refusal, if it may try again; a function that is running learns of the time at its next invocation.
   *
   * @default the wall clock
   */
  readonly now?: () => Date;
  /** How often what has expired is removed from the tables, in seconds; with 0 only `dynamodb.removeExpired` does it. @default 5 */
  readonly timeToLiveSeconds?: number;
  /** How long a delivery waits after its first failure, in milliseconds. @default 100 */
  readonly firstBackoffMs?: number;
  /** Called with each line of the functions' logs, which is JSON. @default - the lines are dropped */
  readonly log?: (line: string) => void;
  /** Called with each event that is put on a bus. */
  readonly onEvent?: (event: StoredEvent) => void;
}

/** The stack, running on this machine. */
export interface Cloud {
  /** Where everything is kept. */
  readonly dir: string;
  readonly apiUrl: string;
  readonly awsUrl: string;
  readonly region: string;
  /** Those who may call the AWS services. */
  readonly iam: Principals;
  readonly names: { readonly bucket: string; readonly table: string; readonly bus: string };
  readonly issuer: Issuer;
  /** The stack's bus. */
  readonly bus: Bus;
  readonly services: OpenedServices<typeof PLUGINS>;
  readonly functions: Functions;
  close(): Promise<void>;
}

/** The audience of local tokens. */
const AUDIENCE = 'nexus-local';

/**
 * Runs the stack on this machine, as its template describes it.
 *
 * @throws PortInUseError, StateInUseError, UnsupportedTemplateError; FunctionError for a function that does not load
 */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const { port = 0, awsPort = 0, log = () => {}, onEvent = () => {}, firstBackoffMs = 100 } = options;
  const { now = () => new Date(), timeToLiveSeconds = 5 } = options;
  await using opened = new AsyncDisposableStack();
  const keep = <T extends { close(): void | Promise<void> }>(part: T): T => {
    opened.defer(() => part.close());
    return part;
  };

  const { dir } = keep(openState(options.dir));
  // Both listen first, and answer 503 until they serve: values in the template are made from their URLs.
  const api = keep(await listenOnLoopback(port));
  const aws = keep(await listenOnLoopback(awsPort));
  const issuer = await openIssuer({ dir, url: api.url, audience: AUDIENCE, now });
  const template = synthesize({
    settings: { ...options.settings, issuer: issuer.url, audience: AUDIENCE },
    outdir: join(dir, 'cdk.out'),
    subscribers: options.subscribers,
    types: RESOURCE_TYPES,
    endpoints: { api: api.url, aws: aws.url },
  });
  const names = {
    bucket: template.output('RawBucketName'),
    table: template.output('AssetTableName'),
    bus: template.output('EventBusName'),
  };

  const iam = keep(openPrincipals(join(dir, 'iam'), template, now));
  const services = await openServices(PLUGINS, { dir, template, iam, now }, opened);
  const { s3, dynamodb, sqs, eventbridge } = services;
  aws.serve(createAwsEndpoint(Object.values(services), iam, now));
  // It is closed before the services are, so that no request meets a closed one.
  keep(aws);

  const functions = keep(
    new Functions(
      readFunctions(template, runtimeEnvironment(iam, aws.url)),
      (name, line) => log(JSON.stringify({ function: name, ...JSON.parse(line) })),
      options.now,
    ),
  );
  await functions.start();
  const invoke = (name: string, payload: unknown) => functions.invoke(name, payload);

  const bus = eventbridge.buses.get(names.bus) as Bus;
  const subscriptions = keep(
    new Subscriptions({
      dir: join(dir, 'events'),
      template,
      iam,
      buses: eventbridge.buses,
      sqs,
      invoke,
      firstBackoffMs,
      now,
    }),
  );
  for (const each of eventbridge.buses.values()) each.subscribe(onEvent);
  subscriptions.start();

  const { notifications } = s3.store;
  // They stop before the bus is closed.
  keep({ close: () => notifications.stop() });
  notifications.start((change) => eventbridge.buses.get(DEFAULT_BUS)?.put(toEventMessage(change)));

  const streams = keep(
    new StreamMappings({
      mappings: readStreamMappings(template),
      streamOf: (table) => dynamodb.table(table).stream,
      invoke,
      store: s3.store,
      firstBackoffMs,
      now,
    }),
  );
  streams.start();

  const queues = keep(
    new QueueMappings({ mappings: readQueueMappings(template), sqs, iam, invoke, firstBackoffMs }),
  );
  queues.start();

  const answerLocally = createLocalRoutes(issuer, {
    events: () => bus.events(),
    subscribe: (listener) => bus.subscribe(listener),
    deliver: (event) => subscriptions.take(names.bus, event),
  });
  if (timeToLiveSeconds > 0) keep(startTimeToLive(() => dynamodb.removeExpired(), timeToLiveSeconds));

  const gateway = createGateway(readApi(template), invoke, now);
  api.serve(async (request, response) => {
    if (answerPage(request, response, aws.url) || (await answerLocally(request, response))) return;
    await gateway(request, response);
  });
  keep(api);

  const running = opened.move();
  return {
    dir,
    apiUrl: api.url,
    awsUrl: aws.url,
    region: REGION,
    iam,
    names,
    issuer,
    bus,
    services,
    functions,
    close: () => running.disposeAsync(),
  };
}
