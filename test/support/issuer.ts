import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const AUDIENCE = 'nexus';

/** A token issuer for tests, on loopback: its keys and documents may be changed while it runs. */
export async function startIssuer() {
  const requests: string[] = [];
  const state = {
    keys: [] as JWK[],
    down: false,
    discovery: {} as Record<string, unknown>,
    /** Answers in the place of the issuer, once it is asked for its keys. */
    keysAnswer: undefined as ((response: ServerResponse) => unknown) | undefined,
  };
  const server = createServer((req, res) => {
    requests.push(req.url ?? '');
    if (state.down) return void res.writeHead(503).end();
    if (req.url === '/jwks' && state.keysAnswer) return void state.keysAnswer(res);
    const document =
      req.url === '/jwks' ? { keys: state.keys } : { issuer, jwks_uri: `${issuer}/jwks`, ...state.discovery };
    res.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    requests,
    state,
    /** Adds a key of the issuer's; returns a function that signs tokens by it, claims and header changed at will. */
    async addKey(kid: string, alg = 'RS256') {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
      state.keys.push(jwk);
      const sign = (
        claims: Record<string, unknown> = {},
        header: { crit?: string[] } & Record<string, unknown> = {},
      ) =>
        new SignJWT({ ...standardClaims(issuer), ...claims })
          .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
          .sign(privateKey, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) });
      return { sign, jwk, privateKey, publicKey };
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>;

function standardClaims(iss: string): JWTPayload {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return { iss, aud: AUDIENCE, sub: 'user-1', exp, tenant_id: 't_acme', scope: 'raw:read raw:write' };
}
