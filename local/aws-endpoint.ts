import type { IncomingMessage, ServerResponse } from 'node:http';
import { REGION } from './account.ts';
import { AwsError } from './aws-error.ts';
import { answerJson, type JsonService, type JsonServiceProtocol } from './json-service.ts';
import { listenOnLoopback } from './loopback-server.ts';
import type { LocalCredentials } from './sigv4.ts';

export interface AwsEndpointOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** What requests must be signed with. */
  readonly credentials: LocalCredentials;
  readonly table: JsonService;
  readonly bus: JsonService;
  readonly queue: JsonService;
  /** Verifies its requests itself: a form is signed otherwise. */
  readonly s3: { handle(request: IncomingMessage, response: ServerResponse): Promise<void> };
}

export interface AwsEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** For a target of no service that is here. */
const unknown: JsonService = {
  async handle() {
    throw new AwsError(400, 'UnknownOperationException', 'The operation is not known.');
  },
};

/**
 * All AWS services on one port of 127.0.0.1, told apart by `X-Amz-Target`, which S3 does not have.
 *
 * @throws PortInUseError
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { port, credentials, table, bus, queue, s3 } = options;
  const scope = { credentials, region: REGION };
  const dynamodb: JsonServiceProtocol = {
    version: '1.0',
    namespace: 'com.amazonaws.dynamodb.v20120810',
    scope: { ...scope, service: 'dynamodb' },
  };
  const events: JsonServiceProtocol = {
    version: '1.1',
    namespace: 'com.amazonaws.events',
    scope: { ...scope, service: 'events' },
  };
  const sqs: JsonServiceProtocol = {
    version: '1.0',
    namespace: 'com.amazonaws.sqs',
    scope: { ...scope, service: 'sqs' },
  };
  const services = new Map([
    ['DynamoDB_20120810', { service: table, protocol: dynamodb }],
    ['AWSEvents', { service: bus, protocol: events }],
    ['AmazonSQS', { service: queue, protocol: sqs }],
  ]);

  const server = await listenOnLoopback(port);
  server.serve((request, response) => {
    const target = request.headers['x-amz-target'];
    if (target === undefined) return s3.handle(request, response);
    const [name = '', operation = ''] = String(target).split('.');
    const { service, protocol } = services.get(name) ?? { service: unknown, protocol: dynamodb };
    return answerJson(service, operation, protocol, request, response);
  });
  return server;
}
