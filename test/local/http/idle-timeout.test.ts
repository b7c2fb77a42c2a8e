import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type LoopbackServer, listenOnLoopback } from '../../../local/http/loopback-server.ts';

const IDLE_MS = 400;

let server: LoopbackServer;
afterEach(() => server.close());

/** A connection to a server with a short time-out. */
async function connectTo(listener: Parameters<LoopbackServer['serve']>[0]) {
  server = await listenOnLoopback(0, { idleTimeoutMs: IDLE_MS });
  server.serve(listener);
  const { host, port } = new URL(server.url);
  return { socket: connect(Number(port), '127.0.0.1'), host };
}

/** The same, and everything that comes back until it is closed. */
async function open(listener: Parameters<LoopbackServer['serve']>[0]) {
  const { socket, host } = await connectTo(listener);
  const received = socket.toArray().then((chunks) => Buffer.concat(chunks).toString());
  return { socket, received, host };
}

test.each([
  ['nothing', ''],
  ['half a request line', 'GET / HT'],
  ['half of the headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
])('a connection that sends %s is closed', async (_, sent) => {
  const { socket, received } = await open((_, response) => void response.end());
  socket.write(sent);
  expect(await received).toMatch(/^(HTTP\/1\.1 408 Request Timeout\r\n|$)/);
});

test('a body that stops in the middle is closed, and whoever reads it learns of it', async () => {
  let failure: unknown;
  const { socket, received, host } = await open(async (request) => {
    failure = await request.toArray().catch((error) => error);
  });
  socket.write(`POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 10\r\n\r\nhalf`);
  expect(await received).toBe('');
  await expect.poll(() => failure).toBeInstanceOf(Error);
});

test('a body that comes slowly, but comes, is taken', async () => {
  const { socket, received, host } = await open(async (request, response) => {
    response.end(Buffer.concat(await request.toArray()));
  });
  socket.write(`POST / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 8\r\n\r\n`);
  for (const byte of 'slowly !') {
    await delay(IDLE_MS / 4);
    socket.write(byte);
  }
  expect(await received).toMatch(/\r\n\r\nslowly !$/);
});

test('a service may think, and may be silent between events', async () => {
  const { socket, received, host } = await open(async (_, response) => {
    await delay(2 * IDLE_MS);
    response.write('first,');
    await delay(2 * IDLE_MS);
    response.end('last');
  });
  socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  expect(await received).toMatch(/first,[\s\S]*last/);
});

test('an answer that nobody reads is given up', async () => {
  let closed: unknown;
  const { socket, host } = await connectTo(async (_, response) => {
    response.write(Buffer.alloc(64 * 1024 * 1024));
    closed = await once(response, 'close');
  });
  socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await expect.poll(() => closed, { timeout: 5000 }).toBeDefined();
  socket.destroy();
});
