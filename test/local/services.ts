import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDb } from '../../local/dynamodb/service.ts';
import type { Table } from '../../local/dynamodb/table.ts';
import { type AwsService, createAwsEndpoint, type RestService } from '../../local/endpoint/aws-endpoint.ts';
import type { QueryService } from '../../local/endpoint/query-service.ts';
import type { Bus } from '../../local/eventbridge/bus.ts';
import { EventBridge } from '../../local/eventbridge/service.ts';
import { listenOnLoopback } from '../../local/http/loopback-server.ts';
import type { Queue } from '../../local/sqs/queue.ts';
import { Sqs } from '../../local/sqs/service.ts';
import { REGION } from '../../local/template/account.ts';
import { everythingFor } from '../support/iam.ts';
import { DEFINITION, makeDir, READER } from './dynamodb/table-definition.ts';

export const CREDENTIALS = { accessKeyId: 'ASIATEST', secretAccessKey: 'secret', sessionToken: 'token' };

/** The data services behind one endpoint, and clients of the SDK for them. */
export interface Services {
  readonly url: string;
  readonly table: Table;
  readonly bus: Bus;
  readonly defaultBus: Bus;
  readonly queue: Queue;
  readonly documents: DynamoDBDocumentClient;
  readonly events: EventBridgeClient;
  readonly sqs: SQSClient;
  close(): Promise<void>;
}

const facts = {
  denied: [403, 'AccessDenied'],
  unknownKey: [403, 'InvalidClientTokenId'],
  expiredToken: [403, 'ExpiredToken'],
} as const;

/** A service of the query protocol without operations, which answers in its own name. */
function named(signingName: string): QueryService {
  return { ...facts, protocol: 'query', signingName, version: '', namespace: signingName, operations: {} };
}

const s3: RestService = {
  ...facts,
  protocol: 'rest',
  signingName: 's3',
  async answer(_, response) {
    response.end('s3');
  },
};

/** One endpoint on a port of its own, under which `CREDENTIALS` may do everything. */
export async function serve(services: readonly AwsService[]) {
  const server = await listenOnLoopback(0);
  server.serve(createAwsEndpoint(services, everythingFor(CREDENTIALS)));
  return server;
}

export async function startServices(dir = makeDir()): Promise<Services> {
  const dynamodb = await DynamoDb.open(dir, [{ definition: DEFINITION, readers: [READER] }]);
  const eventbridge = new EventBridge({ dir, names: ['default', 'raw'] });
  const sqs = new Sqs({ dir, queues: [{ name: 'poison' }] });
  const services: readonly AwsService[] = [
    dynamodb,
    eventbridge,
    sqs,
    named('sts'),
    named('cloudformation'),
    s3,
  ];
  const server = await serve(services);
  const config = { endpoint: server.url, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 };
  const clients = {
    dynamodb: new DynamoDBClient(config),
    events: new EventBridgeClient(config),
    sqs: new SQSClient(config),
  };
  return {
    url: server.url,
    table: dynamodb.tables.get(DEFINITION.name) as Table,
    bus: eventbridge.buses.get('raw') as Bus,
    defaultBus: eventbridge.buses.get('default') as Bus,
    queue: sqs.queues.get('poison') as Queue,
    documents: DynamoDBDocumentClient.from(clients.dynamodb),
    events: clients.events,
    sqs: clients.sqs,
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await server.close();
      for (const service of services) await service.close?.();
    },
  };
}
