import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessControl } from '../iam/principals.ts';
import { REGION } from '../template/account.ts';
import { AwsError } from './aws-error.ts';
import { answerJson, type JsonService, type JsonServiceProtocol } from './json-service.ts';
import { listenOnLoopback } from './loopback-server.ts';
import { answerQuery, type QueryService } from './query-service.ts';

export interface AwsEndpointOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Says who signs, and what they may do. */
  readonly iam: AccessControl;
  readonly table: JsonService;
  readonly bus: JsonService;
  readonly queue: JsonService;
  readonly sts: QueryService;
  readonly cloudformation: QueryService;
  /** Verifies its requests itself: a form is signed otherwise. */
  readonly s3: { handle(request: IncomingMessage, response: ServerResponse): Promise<void> };
}

export interface AwsEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** For a target of no service that is here. */
const unknown: JsonService = {
  accesses: () => [],
  async handle() {
    throw new AwsError(400, 'UnknownOperationException', 'The operation is not known.');
  },
};

/**
 * All AWS services on one port of 127.0.0.1, told apart by `X-Amz-Target`, which services of the JSON protocol have; by the
 * form in which those of the query protocol are asked, which S3 does not take; and these by what they are signed for.
 *
 * @throws PortInUseError
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { port, iam, table, bus, queue, sts, cloudformation, s3 } = options;
  const dynamodb: JsonServiceProtocol = {
    version: '1.0',
    namespace: 'com.amazonaws.dynamodb.v20120810',
    service: 'dynamodb',
    region: REGION,
    denial: [400, 'AccessDeniedException'],
  };
  const events: JsonServiceProtocol = {
    version: '1.1',
    namespace: 'com.amazonaws.events',
    service: 'events',
    region: REGION,
    denial: [400, 'AccessDeniedException'],
  };
  const sqs: JsonServiceProtocol = {
    version: '1.0',
    namespace: 'com.amazonaws.sqs',
    service: 'sqs',
    region: REGION,
    denial: [403, 'AccessDenied'],
  };
  const services = new Map([
    ['DynamoDB_20120810', { service: table, protocol: dynamodb }],
    ['AWSEvents', { service: bus, protocol: events }],
    ['AmazonSQS', { service: queue, protocol: sqs }],
  ]);

  const server = await listenOnLoopback(port);
  server.serve((request, response) => {
    const target = request.headers['x-amz-target'];
    if (target === undefined) {
      if (!isQuery(request)) return s3.handle(request, response);
      const service = isSignedFor(cloudformation.service, request) ? cloudformation : sts;
      return answerQuery(service, iam, request, response);
    }
    const [name = '', operation = ''] = String(target).split('.');
    const { service, protocol } = services.get(name) ?? { service: unknown, protocol: dynamodb };
    return answerJson(service, operation, protocol, iam, request, response);
  });
  return server;
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
function isQuery({ method, url, headers }: IncomingMessage): boolean {
  const type = headers['content-type'] ?? '';
  return method === 'POST' && url === '/' && /^application\/x-www-form-urlencoded\b/i.test(type);
}

function isSignedFor(service: string, { headers }: IncomingMessage): boolean {
  return headers.authorization?.includes(`/${service}/aws4_request`) === true;
}
