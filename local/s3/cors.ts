import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { isLoopbackAllowed } from '../http/origins.ts';

/** As in the template: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-corsrule.html */
export interface CorsRule {
  readonly AllowedOrigins: readonly string[];
  readonly AllowedMethods: readonly string[];
  readonly AllowedHeaders?: readonly string[];
  readonly ExposedHeaders?: readonly string[];
  /** Seconds. */
  readonly MaxAge?: number;
}

/** The headers that let a page read the answer to its request. There are none where no rule allows the page's origin. */
export function corsHeaders(
  rules: readonly CorsRule[],
  method: string,
  headers: IncomingHttpHeaders,
): Record<string, string> {
  const { origin } = headers;
  const rule = origin === undefined ? undefined : findRule(rules, origin, method, []);
  return rule === undefined || origin === undefined ? {} : answer(rule, origin);
}

/**
 * Answers a browser's preflight request: https://fetch.spec.whatwg.org/#cors-preflight-fetch
 *
 * @throws AwsError 400 BadRequest, 403 AccessForbidden
 */
export function preflightHeaders(
  rules: readonly CorsRule[],
  headers: IncomingHttpHeaders,
): Record<string, string> {
  const { origin } = headers;
  const method = headers['access-control-request-method'];
  if (origin === undefined || method === undefined) {
    throw new AwsError(400, 'BadRequest', 'Origin and Access-Control-Request-Method are needed.');
  }
  const requested = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = findRule(rules, origin, method, requested);
  if (rule === undefined) {
    throw new AwsError(403, 'AccessForbidden', 'CORSResponse: This CORS request is not allowed.');
  }
  return {
    ...answer(rule, origin),
    ...(requested.length > 0 && { 'access-control-allow-headers': requested.join(', ') }),
    ...(rule.MaxAge !== undefined && { 'access-control-max-age': String(rule.MaxAge) }),
  };
}

function answer(rule: CorsRule, origin: string): Record<string, string> {
  const anyOrigin = rule.AllowedOrigins.includes('*');
  return {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    ...(!anyOrigin && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    ...(rule.ExposedHeaders?.length && { 'access-control-expose-headers': rule.ExposedHeaders.join(', ') }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function findRule(
  rules: readonly CorsRule[],
  origin: string,
  method: string,
  headers: readonly string[],
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      (rule.AllowedOrigins.some((pattern) => matches(pattern, origin)) ||
        isLoopbackAllowed(rule.AllowedOrigins, origin)) &&
      rule.AllowedMethods.includes(method) &&
      headers.every((name) => rule.AllowedHeaders?.some((pattern) => matches(pattern.toLowerCase(), name))),
  );
}

/** A pattern may hold one `*`, which stands for any characters. */
function matches(pattern: string, value: string): boolean {
  const [head = '', tail] = pattern.split('*');
  if (tail === undefined) return value === pattern;
  return value.length >= head.length + tail.length && value.startsWith(head) && value.endsWith(tail);
}
