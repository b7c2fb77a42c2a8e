import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ACCOUNT_ID } from '../template/account.ts';

/** The id of the template's API. */
export const API_ID = 'local';

/** The part of a payload that functions and authorizers have in common. */
export type RequestEvent = ReturnType<typeof requestEvent>;

/**
 * Describes a request in payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is the decoded path, and `rawQueryString` the query as it came: HTTP APIs deliver them so.
 */
export function requestEvent(
  request: IncomingMessage,
  requestId: string,
  match: {
    readonly route: { readonly routeKey: string };
    readonly pathParameters?: Readonly<Record<string, string>>;
  },
  now: Date,
) {
  const { path, query } = targetOf(request);
  const cookies = request.headersDistinct['cookie'];
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const host = request.headers.host ?? '';
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    ...(cookies && { cookies: cookies.flatMap((cookie) => cookie.split(/; ?/)) }),
    headers: headersOf(request, sourceIp, now),
    ...(query !== '' && { queryStringParameters: queryOf(query) }),
    ...(match.pathParameters && { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      domainName: host,
      domainPrefix: API_ID,
      http: {
        method: request.method ?? '',
        path: decodeURIComponent(path),
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.route.routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
  };
}

/** The path and the query of the request line, as they came. */
export function targetOf(request: IncomingMessage): { path: string; query: string } {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  return { path, query: query.join('?') };
}

/** The content types that API Gateway takes for text. A body of another type, or of none, is handed over in base64. */
const TEXT = /^(text\/.*|application\/(json|xml|javascript))$/i;

/**
 * The body's part of the payload. What API Gateway makes of text that is not UTF-8 is not documented; in base64 nothing is
 * lost.
 */
export function bodyOf(
  body: Buffer,
  contentType: string | undefined,
): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT.test((contentType ?? '').split(';', 1)[0]?.trim() ?? '');
  return isText && isUtf8(body)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

/** The headers by their names in lower case, repeated ones joined by commas. Cookies are a field of the payload's own. */
function headersOf(request: IncomingMessage, sourceIp: string, now: Date): Record<string, string> {
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  const headers: Record<string, string> = {
    'x-amzn-trace-id': `Root=1-${seconds}-${randomBytes(12).toString('hex')}`,
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': String(request.socket.localPort),
    'x-forwarded-proto': 'http',
  };
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name !== 'cookie' && values !== undefined) headers[name] = values.join(',');
  }
  return headers;
}

function queryOf(query: string): Record<string, string> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]),
  );
}

/** As in `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
