import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
};

export interface ServedDirectory {
  readonly port: number;
  /** Each request's path with the status that it was answered, in its order. */
  readonly answers: string[];
  close(): void;
}

/** Serves the files of a directory from a port of its own on 127.0.0.1, each under a content security policy. */
export async function serveDirectory(
  directory: string,
  policyOf: (path: string) => string,
): Promise<ServedDirectory> {
  const answers: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://files.example');
    const file = join(directory, normalize(pathname));
    const isThere = existsSync(file) && statSync(file).isFile();
    const status = isThere ? 200 : 404;
    answers.push(`${status} ${pathname}`);
    response.writeHead(status, {
      'content-type': TYPES[extname(file)] ?? 'text/plain',
      'content-security-policy': policyOf(pathname),
    });
    response.end(isThere ? readFileSync(file) : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    answers,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
