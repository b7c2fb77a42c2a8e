import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../client/index.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';

/** What may happen to a request on its way. */
export const MISHAPS = ['drop', 'lose the answer', 'cut the answer', 'delay', 'double'] as const;
export type Mishap = (typeof MISHAPS)[number];

/** Says what happens to one request, if anything does. */
export type Meddle = (request: IncomingMessage, response: ServerResponse) => Mishap | undefined;

/** An embedded cloud, with a proxy before its API and its bucket that a test may meddle with. */
export async function startWorld() {
  const cloud: Cloud = await startCloud({
    settings: { throttle: { rateLimit: 10_000, burstLimit: 10_000 } },
  });
  const calls: string[] = [];
  let meddle: Meddle = () => undefined;
  const server = createServer(async (request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const mishap = meddle(request, response);
    if (mishap === 'drop') return void request.socket.destroy();
    if (response.writableEnded) return;
    const isApi = request.url?.startsWith('/nexus/') ?? false;
    const target = (isApi ? cloud.apiUrl : cloud.awsUrl) + request.url;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const passed = ['authorization', 'content-type', 'range'].flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const pass = () =>
      fetch(target, {
        method: request.method ?? 'GET',
        headers: Object.fromEntries(passed),
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      });
    if (mishap === 'delay') await sleep(Math.random() * 1000);
    if (mishap === 'double') await (await pass()).arrayBuffer();
    const answer = await pass();
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (mishap === 'lose the answer') return void request.socket.destroy();
    // Forms and downloads lead through the proxy too.
    const body = isApi ? bytes.toString().replaceAll(cloud.awsUrl, url) : bytes;
    const headers = [...answer.headers].filter(
      ([name]) => !/^(content-length|connection|transfer-encoding)$/.test(name),
    );
    response.writeHead(answer.status, {
      ...Object.fromEntries(headers),
      'content-length': Buffer.byteLength(body),
    });
    if (mishap !== 'cut the answer') return void response.end(body);
    response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = (claims: object = {}) =>
    cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write raw:delete raw:erase', ...claims });
  return {
    cloud,
    url,
    token,
    /** Every request, in its order. */
    calls,
    meddle(how: Meddle) {
      meddle = how;
    },
    client: createClient({ baseUrl: url, token }),
    async close() {
      server.closeAllConnections();
      server.close();
      await cloud.close();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;
