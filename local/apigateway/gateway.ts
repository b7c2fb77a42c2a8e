import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Listener } from '../http/loopback-server.ts';
import { type Invoke, LambdaAuthorizer } from './authorizer.ts';
import { applyCors } from './cors.ts';
import type { ApiDefinition, AuthorizerDefinition } from './definition.ts';
import { bodyOf, requestEvent, targetOf } from './event.ts';
import { type HttpResult, readResult } from './response.ts';
import { matchRoute, type RouteMatch } from './routes.ts';
import { TokenBucket } from './throttle.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const BAD_REQUEST = ownAnswer(400, 'Bad Request');
const UNAUTHORIZED = ownAnswer(401, 'Unauthorized');
const FORBIDDEN = ownAnswer(403, 'Forbidden');
const NOT_FOUND = ownAnswer(404, 'Not Found');
const TOO_LARGE = ownAnswer(413, 'Request Entity Too Large');
const THROTTLED = ownAnswer(429, 'Too Many Requests');
const INTERNAL_ERROR = ownAnswer(500, 'Internal Server Error');
const UNAVAILABLE = ownAnswer(503, 'Service Unavailable');

/**
 * Answers as an HTTP API of API Gateway with Lambda proxy integrations and payload format 2.0: a request passes the
 * throttling and the authorizer of its route, and what they refuse gets API Gateway's own answer.
 */
export function createGateway(
  api: ApiDefinition,
  invoke: Invoke,
  now: () => Date = () => new Date(),
): Listener {
  const authorizers = new Map<AuthorizerDefinition, LambdaAuthorizer>();
  for (const { authorizer } of api.routes) {
    if (authorizer && !authorizers.has(authorizer)) {
      authorizers.set(authorizer, new LambdaAuthorizer(authorizer, invoke, () => now().getTime()));
    }
  }
  const bucket = api.throttling && new TokenBucket(api.throttling);

  return async (request, response) => {
    const requestId = randomBytes(11).toString('base64');
    response.setHeader('apigw-requestid', requestId);
    if (applyCors(api.cors, request, response)) return;
    const match = findRoute(api, request);
    send(response, 'route' in match ? await answer(match, request, requestId) : match);
  };

  async function answer(match: RouteMatch, request: IncomingMessage, requestId: string): Promise<HttpResult> {
    if (bucket?.take() === false) return THROTTLED;
    const { route } = match;
    const event = requestEvent(request, requestId, match, now());
    const authorizer = route.authorizer && authorizers.get(route.authorizer);
    const decision = await authorizer?.decide(event).catch(() => INTERNAL_ERROR);
    if (decision !== undefined) {
      if ('status' in decision) return decision;
      if (decision.outcome === 'unidentified') return UNAUTHORIZED;
      if (decision.outcome === 'denied') return FORBIDDEN;
    }
    const body = await readBody(request);
    if (body === undefined) return TOO_LARGE;
    const payload = {
      ...event,
      requestContext: {
        ...event.requestContext,
        ...(decision && { authorizer: { lambda: decision.context } }),
      },
      ...bodyOf(body, request.headers['content-type']),
    };
    return within(route.timeoutMs, invoke(route.functionName, payload));
  }
}

function ownAnswer(status: number, message: string): HttpResult {
  return {
    status,
    headers: [['content-type', 'application/json']],
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

function findRoute(api: ApiDefinition, request: IncomingMessage): RouteMatch | HttpResult {
  try {
    const { path } = targetOf(request);
    decodeURIComponent(path);
    return matchRoute(api.routes, request.method ?? '', path) ?? NOT_FOUND;
  } catch {
    return BAD_REQUEST;
  }
}

/**
 * Reads a request's body.
 *
 * @returns undefined for a body that is too large. Node reads and drops the rest of it, so that the answer arrives.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Waits for a function's result and gives the response that it describes, or the gateway's own answer where there is none
 * in time. The function runs on after that, as on Lambda.
 */
async function within(milliseconds: number, result: Promise<unknown>): Promise<HttpResult> {
  const { promise: late, resolve } = Promise.withResolvers<HttpResult>();
  const timer = setTimeout(() => resolve(UNAVAILABLE), milliseconds);
  const read = result.then((value) => readResult(value) ?? INTERNAL_ERROR);
  try {
    return await Promise.race([read, late]);
  } catch {
    return INTERNAL_ERROR;
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, result: HttpResult): void {
  for (const [name, value] of result.headers) response.setHeader(name, value);
  if (result.cookies.length > 0) response.setHeader('set-cookie', result.cookies);
  response.writeHead(result.status, { 'content-length': result.body.length });
  response.end(result.body);
}
