import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedPage {
  readonly port: number;
  close(): void;
}

/**
 * Serves one page of `test/browser/pages/` at each path, from a port of its own on 127.0.0.1, so that its origin is not
 * the API's.
 */
export async function servePage(name: string): Promise<ServedPage> {
  const html = readFileSync(new URL(`../pages/${name}`, import.meta.url));
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
