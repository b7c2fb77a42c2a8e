import { join } from 'node:path';
import type { DatasetEvent } from '#contract/events';
import type { RawStorageStackProps } from '../lib/raw-storage-stack.ts';
import { createGateway } from './apigateway/gateway.ts';
import { readApi } from './apigateway/template.ts';
import { CloudFormation } from './cloudformation/describe-stacks.ts';
import { type Issuer, openIssuer } from './dev/issuer.ts';
import { createLocalRoutes } from './dev/routes.ts';

import { openState } from './disk/state.ts';
import { tableName } from './dynamodb/access.ts';
import { openTable, type Table } from './dynamodb/table.ts';
import { readTables } from './dynamodb/template.ts';
import { type EventBus, openEventBus } from './eventbridge/event-bus.ts';
import { Subscriptions } from './eventbridge/subscriptions.ts';
import { startAwsEndpoint } from './http/aws-endpoint.ts';
import { listenOnLoopback } from './http/loopback-server.ts';
import { ResourceRouter } from './http/resource-router.ts';
import { Principals } from './iam/principals.ts';
import { readResourcePolicies, readRoles } from './iam/template.ts';
import { Functions } from './lambda/functions.ts';
import { readStreamMappings } from './lambda/mapping-template.ts';
import { readersOf, StreamMappings } from './lambda/stream-mappings.ts';
import { readFunctions } from './lambda/template.ts';
import { createS3Handler, type S3Handler } from './s3/handler.ts';
import { readBuckets } from './s3/template.ts';
import { openQueue, type Queue, queueName } from './sqs/queue.ts';
import { Sts } from './sts/sts.ts';
import { REGION } from './template/account.ts';
import { type Mount, STACK_NAME, synthesize } from './template/synth.ts';

export interface CloudOptions {
  /** Where everything is kept. @default - a temporary directory, removed at close */
  readonly dir?: string;
  /** Of the API; 0: any that is free. @default 0 */
  readonly port?: number;
  /** Of the AWS endpoint; 0: any that is free. @default 0 */
  readonly awsPort?: number;
  /** The stack's settings beside those of its issuer. @default - the stack's own defaults */
  readonly settings?: Partial<RawStorageStackProps>;
  /** What else is in the stack: constructs that subscribe to its bus. @default - nothing */
  readonly subscribers?: readonly Mount[];
  /** How long a delivery that failed first waits to be tried again, in milliseconds. @default 100 */
  readonly firstBackoffMs?: number;
  /** Takes each line of the functions' logs: JSON. @default - they are dropped */
  readonly log?: (line: string) => void;
  /** Takes each event that is put on the bus. */
  readonly onEvent?: (event: DatasetEvent) => void;
}

/** The stack, running on this machine. */
export interface Cloud {
  readonly apiUrl: string;
  readonly awsUrl: string;
  readonly region: string;
  /** Who may use the AWS endpoint. */
  readonly iam: Principals;
  readonly names: { readonly bucket: string; readonly table: string; readonly bus: string };
  readonly issuer: Issuer;
  readonly events: EventBus;
  /** The stack's queues, by name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** The stack's tables, by name. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly functions: Functions;
  readonly store: S3Handler['store'];
  close(): Promise<void>;
}

/** The audience of local tokens. */
const AUDIENCE = 'nexus-local';

/**
 * Runs the stack: what its template says is what runs.
 *
 * @throws PortInUseError, StateInUseError, FunctionError of a function that does not load
 */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const { port = 0, awsPort = 0, log = () => {}, onEvent = () => {}, firstBackoffMs = 100 } = options;
  await using opened = new AsyncDisposableStack();

  const state = openState(options.dir);
  opened.defer(() => state.close());
  const dirOf = (name: string) => join(state.dir, name);

  // Its URL is the issuer of tokens, which is a setting of the stack.
  const api = await listenOnLoopback(port);
  opened.defer(() => api.close());
  const issuer = await openIssuer({ dir: state.dir, url: api.url, audience: AUDIENCE });
  const settings = { ...options.settings, issuer: issuer.url, audience: AUDIENCE };
  const unplaced = synthesize(settings, dirOf('cdk.out'), options.subscribers);
  const mappings = readStreamMappings(unplaced);
  const names = {
    bucket: unplaced.output('RawBucketName'),
    table: unplaced.output('AssetTableName'),
    bus: unplaced.output('EventBusName'),
  };

  const tables = new Map<string, Table>();
  const streamOf = (name: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`The stack has no table ${name}`);
    return table.stream;
  };
  for (const definition of readTables(unplaced)) {
    const { name } = definition;
    const readers = readersOf(name, mappings);
    const table = await openTable({ dir: dirOf(join('tables', name)), definition, readers });
    opened.defer(() => table.close());
    tables.set(name, table);
  }
  const events = openEventBus({ dir: dirOf('events'), names: [names.bus] });
  opened.defer(() => events.close());
  const queues = new Map<string, Queue>();
  for (const { name } of unplaced.resources('AWS::SQS::Queue')) {
    const queue = openQueue({ dir: dirOf(join('queues', name)), name });
    opened.defer(() => queue.close());
    queues.set(name, queue);
  }
  const iam = new Principals({
    dir: dirOf('iam'),
    roles: readRoles(unplaced),
    resourcePolicies: readResourcePolicies(unplaced),
  });
  opened.defer(() => iam.close());
  const s3 = createS3Handler({ dir: dirOf('s3'), buckets: readBuckets(unplaced), iam, region: REGION });

  const sts = new Sts(iam);
  const cloudformation = new CloudFormation(iam, {
    name: STACK_NAME,
    outputs: () => ({ ...template.outputs(), ApiUrl: api.url }),
  });
  const aws = await startAwsEndpoint({
    port: awsPort,
    iam,
    table: new ResourceRouter(tables, tableName),
    bus: events,
    queue: new ResourceRouter(queues, queueName),
    sts,
    cloudformation,
    s3,
  });
  opened.defer(() => aws.close());
  const template = unplaced.at(aws.url);
  const runtime = (roleArn: string) => {
    const { accessKeyId, secretAccessKey, sessionToken } = iam.credentialsOf(roleArn);
    return {
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    };
  };
  const functions = new Functions(readFunctions(template, runtime), (name, line) => {
    log(JSON.stringify({ function: name, ...JSON.parse(line) }));
  });
  opened.defer(() => functions.close());
  await functions.start();

  const invoke = (name: string, payload: unknown) => functions.invoke(name, payload);
  const subscriptions = new Subscriptions({
    dir: dirOf('events'),
    template: unplaced,
    iam,
    queues,
    invoke,
    firstBackoffMs,
  });
  opened.defer(() => subscriptions.close());
  events.subscribe((event) => void subscriptions.take(event));
  events.subscribe(({ detail }) => onEvent(detail as DatasetEvent));
  subscriptions.start();

  const streams = new StreamMappings({ mappings, streamOf, invoke, store: s3.store, firstBackoffMs });
  opened.defer(() => streams.close());
  streams.start();

  const answerLocally = createLocalRoutes(issuer, {
    events: () => events.events(),
    subscribe: (listener) => events.subscribe(listener),
    deliver: (event) => subscriptions.take(event),
  });
  const gateway = createGateway(readApi(template), invoke);
  api.serve(async (request, response) => {
    if (!(await answerLocally(request, response))) await gateway(request, response);
  });
  // Closed first, so that no request meets what is closed already.
  opened.defer(() => api.close());

  const running = opened.move();
  return {
    apiUrl: api.url,
    awsUrl: aws.url,
    region: REGION,
    iam,
    names,
    issuer,
    events,
    queues,
    tables,
    functions,
    store: s3.store,
    close: () => running.disposeAsync(),
  };
}
