import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../web', import.meta.url));
const BUILT = fileURLToPath(new URL('../../.build/web', import.meta.url));

const SCRIPT = 'text/javascript; charset=utf-8';

/** Where each file of the page is, by its path, and its type. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': [join(SOURCE, 'index.html'), 'text/html; charset=utf-8'],
  '/page.css': [join(SOURCE, 'page.css'), 'text/css; charset=utf-8'],
  '/page.js': [join(BUILT, 'page.js'), SCRIPT],
  '/hash-in-worker.js': [join(BUILT, 'hash-in-worker.js'), SCRIPT],
  '/hash-stream.js': [join(BUILT, 'hash-stream.js'), SCRIPT],
  '/sha256-worker.js': [join(BUILT, 'sha256-worker.js'), SCRIPT],
};

/**
 * Answers the page's files, which may ask nobody but this service and its bucket for anything.
 *
 * @param awsUrl the address of the bucket's endpoint
 * @returns whether the request was for one of them
 */
export function answerPage(request: IncomingMessage, response: ServerResponse, awsUrl: string): boolean {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const [file, type] = (request.method === 'GET' && Object.hasOwn(FILES, path) && FILES[path]) || [];
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
