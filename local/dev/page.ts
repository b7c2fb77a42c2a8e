import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../web', import.meta.url));
const BUILT = fileURLToPath(new URL('../../.build/web', import.meta.url));

const SCRIPT = /^\/[\w-]+\.js$/;

/** Where a file of the page is, and its type, by the path that it is asked for. */
function fileOf(path: string): readonly [file: string, type: string] | undefined {
  if (path === '/') return [join(SOURCE, 'index.html'), 'text/html; charset=utf-8'];
  if (path === '/page.css') return [join(SOURCE, 'page.css'), 'text/css; charset=utf-8'];
  return SCRIPT.test(path) ? [join(BUILT, path), 'text/javascript; charset=utf-8'] : undefined;
}

/**
 * Answers the page's files, which may ask nobody but this service and its bucket for anything.
 *
 * @param awsUrl the address of the bucket's endpoint
 * @returns whether the request was for one of them
 */
export function answerPage(request: IncomingMessage, response: ServerResponse, awsUrl: string): boolean {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const [file, type] = (request.method === 'GET' && fileOf(path)) || [];
  if (file === undefined || type === undefined || !existsSync(file)) return false;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    "worker-src 'self'",
    `connect-src 'self' ${awsUrl}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  response.writeHead(200, {
    'content-type': type,
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(readFileSync(file));
  return true;
}
