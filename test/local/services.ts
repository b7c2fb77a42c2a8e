import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../../local/dynamodb/table.ts';
import { type EventBus, openEventBus } from '../../local/eventbridge/event-bus.ts';
import { startAwsEndpoint } from '../../local/http/aws-endpoint.ts';
import type { QueryService } from '../../local/http/query-service.ts';
import { openQueue, type Queue } from '../../local/sqs/queue.ts';
import { REGION } from '../../local/template/account.ts';
import { everythingFor } from '../support/iam.ts';
import { makeDir, openThings } from './dynamodb/table-definition.ts';

export const CREDENTIALS = { accessKeyId: 'ASIATEST', secretAccessKey: 'secret', sessionToken: 'token' };

/** The data services behind one endpoint, and clients of the SDK for them. */
export interface Services {
  readonly url: string;
  readonly table: Table;
  readonly bus: EventBus;
  readonly queue: Queue;
  readonly documents: DynamoDBDocumentClient;
  readonly events: EventBridgeClient;
  readonly sqs: SQSClient;
  close(): Promise<void>;
}

/** A service that answers its own name. */
export function answering<T extends QueryService['service']>(service: T) {
  return { service, namespace: service, handle: () => ({ operation: service, result: [] }) };
}

export async function startServices(dir = makeDir()): Promise<Services> {
  const table = await openThings(dir);
  const bus = openEventBus({ dir, names: ['raw'] });
  const queue = openQueue({ dir, name: 'poison' });
  const s3 = {
    async handle(_: unknown, response: { end(text: string): void }) {
      response.end('s3');
    },
  };
  const [sts, cloudformation] = [answering('sts'), answering('cloudformation')];
  const iam = everythingFor(CREDENTIALS);
  const endpoint = await startAwsEndpoint({ port: 0, iam, table, bus, queue, sts, cloudformation, s3 });
  const config = { endpoint: endpoint.url, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 };
  const [dynamodb, events, sqs] = [
    new DynamoDBClient(config),
    new EventBridgeClient(config),
    new SQSClient(config),
  ];
  return {
    url: endpoint.url,
    table,
    bus,
    queue,
    documents: DynamoDBDocumentClient.from(dynamodb),
    events,
    sqs,
    async close() {
      for (const client of [dynamodb, events, sqs]) client.destroy();
      await endpoint.close();
      await table.close();
      bus.close();
      queue.close();
    },
  };
}
