import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import {
  type LoopbackServer,
  listenOnLoopback,
  loopbackHosts,
  PortInUseError,
} from '../../../local/http/loopback-server.ts';

const servers: LoopbackServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function listen(): Promise<{ server: LoopbackServer; port: number }> {
  const server = await listenOnLoopback(0);
  servers.push(server);
  return { server, port: Number(new URL(server.url).port) };
}

/** The status of a GET whose Host header is `host`. */
function statusFor(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('HTTP’s own port may be left out of a name, and no other', () => {
  expect(loopbackHosts(80)).toEqual(
    expect.arrayContaining(['localhost', 'localhost:80', '127.0.0.1', '[::1]']),
  );
  expect(loopbackHosts(80)[0]).toBe('127.0.0.1');
  expect(loopbackHosts(4000)).toEqual(['127.0.0.1:4000', 'localhost:4000', '[::1]:4000']);
});

test('answers under its loopback names and port only', async () => {
  const { server, port } = await listen();
  server.serve((_, response) => void response.end());
  for (const name of ['127.0.0.1', 'localhost', '[::1]'])
    expect(await statusFor(port, `${name}:${port}`)).toBe(200);
  for (const host of [
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `localhost.evil.example:${port}`,
  ]) {
    expect(await statusFor(port, host)).toBe(403);
  }
});

test('is bound to one address of the loopback interface: no other of this machine leads to it', async () => {
  const { port } = await listen();
  const others = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ family, address }) => family === 'IPv4' && address !== '127.0.0.1')
    .map(({ address }) => address);
  for (const host of ['127.0.0.2', ...others]) {
    const socket = connect({ host, port, timeout: 1000 });
    const outcome = await new Promise((resolve) => {
      for (const event of ['connect', 'error', 'timeout']) socket.once(event, () => resolve(event));
    });
    socket.destroy();
    expect([host, outcome]).not.toEqual([host, 'connect']);
  }
});

test('until it serves, it is unavailable', async () => {
  const { server } = await listen();
  expect((await fetch(server.url)).status).toBe(503);
});

test('a listener that throws is 500 and names no reason', async () => {
  const { server } = await listen();
  server.serve(() => {
    throw new Error('secret');
  });
  const response = await fetch(server.url);
  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
});

test('what is no HTTP is 400', async () => {
  const { port } = await listen();
  const socket = connect(port, '127.0.0.1').end('nonsense\r\n\r\n');
  const chunks = await socket.toArray();
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

test('a port in use is named', async () => {
  const { port } = await listen();
  await expect(listenOnLoopback(port)).rejects.toEqual(new PortInUseError(port));
});

test('close ends connections that are open', async () => {
  const { server } = await listen();
  server.serve((_, response) => void response.write('unfinished'));
  const response = await fetch(server.url);
  await server.close();
  await expect(response.text()).rejects.toThrow();
});
