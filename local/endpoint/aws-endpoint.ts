import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Listener } from '../http/loopback-server.ts';
import type { AccessControl } from '../iam/principals.ts';
import { answerJson, isForJsonService, isJsonRequest, type JsonService } from './json-service.ts';
import { answerQuery, isForQueryService, isQueryRequest, type QueryService } from './query-service.ts';
import type { ServiceFacts } from './service.ts';

/** A service of the REST protocol verifies its requests itself: S3 takes forms, whose signature is one of their fields. */
export interface RestService extends ServiceFacts {
  readonly protocol: 'rest';
  /** Answers one request; never rejects. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export type AwsService = JsonService | QueryService | RestService;

/**
 * Serves AWS services at one address. A request is told apart by its protocol first, and then by the service that it
 * names. One that names none of the services is answered by the first one of its protocol, which refuses it.
 */
export function createAwsEndpoint(
  services: readonly AwsService[],
  iam: AccessControl,
  now: () => Date = () => new Date(),
): Listener {
  return (request, response) => {
    // A client whose clock is another one corrects its own by this.
    response.setHeader('date', now().toUTCString());
    const protocol = protocolOf(request);
    const candidates = services.filter((service) => service.protocol === protocol);
    const service = candidates.find((candidate) => isFor(candidate, request)) ?? candidates[0];
    switch (service?.protocol) {
      case 'json':
        return answerJson(service, { iam, now }, request, response);
      case 'query':
        return answerQuery(service, { iam, now }, request, response);
      case 'rest':
        return service.answer(request, response);
      default:
        return void response.writeHead(404).end();
    }
  };
}

function protocolOf(request: IncomingMessage): AwsService['protocol'] {
  if (isJsonRequest(request)) return 'json';
  return isQueryRequest(request) ? 'query' : 'rest';
}

function isFor(service: AwsService, request: IncomingMessage): boolean {
  switch (service.protocol) {
    case 'json':
      return isForJsonService(service, request);
    case 'query':
      return isForQueryService(service, request);
    case 'rest':
      return true;
  }
}
