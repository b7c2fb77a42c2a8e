import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackAllowed } from '../http/origins.ts';
import type { CorsDefinition } from './definition.ts';

/**
 * Sets the API's CORS headers, and answers a preflight: API Gateway does both by itself, whatever the function says.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 *
 * @returns true where the request was a preflight and is answered.
 */
export function applyCors(
  cors: CorsDefinition | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const origin = request.headers.origin;
  if (cors === undefined || origin === undefined) return false;
  const preflight =
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  const { allowOrigins } = cors;
  const allowed =
    allowOrigins.includes('*') || allowOrigins.includes(origin) || isLoopbackAllowed(allowOrigins, origin);
  if (allowed) {
    response.setHeader('access-control-allow-origin', allowOrigins.includes('*') ? '*' : origin);
    response.setHeader('vary', 'origin');
    if (cors.allowCredentials) response.setHeader('access-control-allow-credentials', 'true');
    setList(response, 'access-control-expose-headers', cors.exposeHeaders);
  }
  if (!preflight) return false;
  if (allowed) {
    setList(response, 'access-control-allow-methods', cors.allowMethods);
    setList(response, 'access-control-allow-headers', cors.allowHeaders);
    if (cors.maxAgeSeconds !== undefined) response.setHeader('access-control-max-age', cors.maxAgeSeconds);
  }
  response.writeHead(204).end();
  return true;
}

function setList(response: ServerResponse, name: string, values: readonly string[]): void {
  if (values.length > 0) response.setHeader(name, values.join(','));
}
