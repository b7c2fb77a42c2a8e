import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { bundle } from '../../lib/bundle.ts';
import { identityEnvironment } from '../../lib/identity-settings.ts';
import { createGateway } from '../../local/apigateway/gateway.ts';
import { listenOnLoopback } from '../../local/http/loopback-server.ts';
import { Functions } from '../../local/lambda/functions.ts';
import { AUDIENCE, startIssuer } from '../support/issuer.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The gateway before the authorizer's bundle, in a container that knows no keys yet. */
async function start(issuer: string) {
  const directory = temporaryDirectory();
  copyFileSync(join(bundle('authorizer'), 'index.js'), join(directory, 'index.js'));
  const environment = { ...identityEnvironment({ issuer, audience: AUDIENCE }), DEFAULT_ENV: 'dev' };
  const name = 'authorizer';
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  const functions = new Functions(
    [{ name, arn, directory, handler: 'index.handler', memoryMb: 256, environment, timeoutSeconds: 10 }],
    () => {},
  );
  const server = await listenOnLoopback(0);
  closing.push(
    () => server.close(),
    () => functions.close(),
  );
  const authorizer = {
    functionName: name,
    identitySource: ['$request.header.Authorization'],
    ttlSeconds: 60,
  };
  const routes = [{ routeKey: 'GET /', functionName: 'hello', timeoutMs: 30_000, authorizer }];
  server.serve(
    createGateway({ routes }, async (fn, event) =>
      fn === name ? functions.invoke(name, event) : { statusCode: 200, body: 'hello' },
    ),
  );
  return async (token: string) => {
    const response = await fetch(server.url, { headers: { authorization: `Bearer ${token}` } });
    return [response.status, await response.text()];
  };
}

test('a good token is answered 500 while the issuer is down, and 200 as soon as it is there again', async () => {
  const issuer = await startIssuer();
  closing.push(() => issuer.close());
  const key = await issuer.addKey('k1');
  const token = await key.sign();
  issuer.state.down = true;
  const ask = await start(issuer.issuer);
  const down = [500, '{"message":"Internal Server Error"}'];
  expect(await ask(token)).toEqual(down);
  expect(await ask(token)).toEqual(down);
  issuer.state.down = false;
  await expect.poll(() => ask(token), { timeout: 5000, interval: 200 }).toEqual([200, 'hello']);
});

test('a token that is refused stays so for as long as the gateway keeps decisions', async () => {
  const issuer = await startIssuer();
  closing.push(() => issuer.close());
  const key = await issuer.addKey('k1');
  const ask = await start(issuer.issuer);
  const token = await key.sign({ exp: 1 });
  const refused = [403, '{"message":"Forbidden"}'];
  expect(await ask(token)).toEqual(refused);
  issuer.state.down = true;
  expect(await ask(token)).toEqual(refused);
});
