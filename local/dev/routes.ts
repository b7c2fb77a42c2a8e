import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { Environment, SCOPES, TenantId } from '#contract/tenant';
import { sendJson, sendMessage } from '../http/loopback-server.ts';
import { describeIssue, pathOf } from './issue-wording.ts';
import { type Issuer, JWKS_PATH, TOKEN_LIFETIME } from './issuer.ts';
import { type Archive, replay } from './replay.ts';
import { readJson, requireProgram } from './request.ts';

/** A bus that keeps its events, and tells of new ones. */
export interface EventSource extends Archive {
  subscribe(listener: (event: unknown) => void): () => void;
}

/** What the repository has of the API, without the address that it has here. */
function readOpenApi(): object {
  return JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
}

const TokenRequest = v.strictObject({
  tenant_id: TenantId,
  env: v.optional(Environment),
  scope: v.optional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'is not a list of scopes'))),
});

/**
 * Answers the routes that only the local cloud has: to read the events on the bus, to deliver them again, and to get a
 * token.
 *
 * @returns true where the request was for one of these routes, and is answered
 */
export function createLocalRoutes(issuer: Issuer, source: EventSource) {
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void> =
    {
      'GET /_local/events': (request, response) => {
        if (request.headers.accept?.includes('text/event-stream')) streamEvents(source, response);
        else listEvents(source, request, response);
      },
      'POST /_local/replay': async (request, response) => {
        if (requireProgram(request, response)) await replay(source, request, response);
      },
      'POST /_local/token': async (request, response) => {
        if (requireProgram(request, response)) await issueToken(issuer, request, response);
      },
      'GET /_local/openapi.json': (request, response) => {
        const servers = [{ url: `http://${request.headers.host}`, description: 'This machine' }];
        sendJson(response, 200, { ...readOpenApi(), servers });
      },
      'GET /.well-known/openid-configuration': (_, response) => sendJson(response, 200, issuer.discovery),
      [`GET ${JWKS_PATH}`]: (_, response) => sendJson(response, 200, issuer.jwks),
    };
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const route = routes[`${request.method} ${path}`];
    await route?.(request, response);
    if (route === undefined && path.startsWith('/_local/')) sendMessage(response, 404, 'Not Found');
    return route !== undefined || path.startsWith('/_local/');
  };
}

const EventsQuery = v.strictObject({
  /** The most events to answer, which are the last ones. */
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,5}$/, 'is not a number of 1 to 999999'), v.transform(Number)),
  ),
  tenant_id: v.optional(TenantId),
  type: v.optional(v.string()),
});

/** Answers the kept events that the query asks for, the newest last. */
function listEvents(source: EventSource, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const parsed = v.safeParse(EventsQuery, Object.fromEntries(new URLSearchParams(url.split('?')[1])));
  if (!parsed.success) return void refuse(response, parsed.issues[0], Object.keys(EventsQuery.entries));
  const { limit, tenant_id, type } = parsed.output;
  const events = source
    .events()
    .filter((event) => type === undefined || event['detail-type'] === type)
    .filter((event) => tenant_id === undefined || event.detail['tenant_id'] === tenant_id);
  sendJson(response, 200, limit === undefined ? events : events.slice(-limit));
}

function refuse(response: ServerResponse, issue: v.BaseIssue<unknown>, names: readonly string[]): void {
  sendMessage(response, 422, `${pathOf(issue) || 'The body'}: ${describeIssue(issue, names)}`);
}

/** Sends the events that are kept, and then each new one, as server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html */
function streamEvents(source: EventSource, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const write = (event: unknown) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  for (const event of source.events()) write(event);
  response.flushHeaders();
  response.on('close', source.subscribe(write));
}

async function issueToken(issuer: Issuer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parsed = v.safeParse(TokenRequest, await readJson(request));
  if (!parsed.success) return refuse(response, parsed.issues[0], Object.keys(TokenRequest.entries));
  const { scope = SCOPES.join(' '), ...claims } = parsed.output;
  const token = await issuer.issue({ ...claims, scope });
  response.setHeader('cache-control', 'no-store');
  sendJson(response, 200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME, scope });
}
