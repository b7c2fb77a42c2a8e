import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAuthorizer } from '../support/authorizer.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';

type Key = Awaited<ReturnType<TestIssuer['addKey']>>;

const DISCOVERY = '/.well-known/openid-configuration';

let issuer: TestIssuer;
let key: Key;
let authorize: Awaited<ReturnType<typeof startAuthorizer>>;
let reasons: string[];
let faults: string[];
let metrics: string[];

const start = async (settings: Record<string, string> = {}) => {
  authorize = await startAuthorizer({ JWT_ISSUER: issuer.issuer, ...settings });
};
const bearer = async (token: Promise<string>) => authorize(`Bearer ${await token}`);
const seconds = (count: number) => vi.setSystemTime(Date.now() + count * 1000);
const minutes = (count: number) => seconds(count * 60);

async function expectAllowed(token: Promise<string>) {
  expect(await bearer(token)).toMatchObject({ isAuthorized: true });
}

async function expectDenied(token: Promise<string>, reason: RegExp) {
  reasons = [];
  expect(await bearer(token)).toEqual({ isAuthorized: false, context: {} });
  expect(reasons).toEqual([expect.stringMatching(reason)]);
}

/** The function fails, and says nothing about the token. */
async function expectUnavailable(token: Promise<string>) {
  reasons = [];
  await expect(bearer(token)).rejects.toThrow(expect.objectContaining({ name: 'KeysUnavailableError' }));
  expect(reasons).toEqual([]);
}

beforeAll(async () => {
  issuer = await startIssuer();
  key = await issuer.addKey('k1');
});

beforeEach(async () => {
  reasons = [];
  faults = [];
  metrics = [];
  vi.spyOn(console, 'error').mockImplementation((line) => faults.push(line.detail));
  vi.spyOn(console, 'warn').mockImplementation((line) => reasons.push(line.reason));
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    if (String(line).includes('KeyFetchFailures')) metrics.push(String(line));
    return true;
  });
  Object.assign(issuer.state, { keys: [key.jwk], down: false, discovery: {}, keysAnswer: undefined });
  issuer.requests.length = 0;
  vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] });
  await start();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

afterAll(() => issuer.close());

describe('the issuer’s keys', () => {
  it('are found by discovery, and kept', async () => {
    for (let i = 0; i < 3; i++) await expectAllowed(key.sign());
    expect(issuer.requests).toEqual([DISCOVERY, '/jwks']);
  });

  it('are fetched once for calls that come at once', async () => {
    const token = await key.sign();
    await Promise.all(Array.from({ length: 10 }, () => bearer(Promise.resolve(token))));
    expect(issuer.requests).toEqual([DISCOVERY, '/jwks']);
  });

  it('are taken from the JWKS URI where one is set', async () => {
    await start({ JWKS_URI: `${issuer.issuer}/jwks` });
    await expectAllowed(key.sign());
    expect(issuer.requests).toEqual(['/jwks']);
  });

  it.each([
    ['names another issuer', { issuer: 'https://other.example' }, /another issuer/],
    ['gives a JWKS URI in plain HTTP', { jwks_uri: 'http://keys.example/jwks' }, /neither https/],
    ['gives no JWKS URI', { jwks_uri: null }, /Invalid URL/],
  ])('are not taken by a discovery that %s', async (_what, discovery, reason) => {
    issuer.state.discovery = discovery;
    await expectUnavailable(key.sign());
    expect(faults).toEqual([expect.stringMatching(reason)]);
  });

  it('are fetched again at once for an unknown kid, and then not for 30 s', async () => {
    await expectAllowed(key.sign());
    const next = await issuer.addKey('k2');
    await expectAllowed(next.sign());
    const fetched = issuer.requests.length;
    for (let i = 0; i < 5; i++)
      await expectDenied(key.sign({}, { kid: `made-up-${i}` }), /no applicable key/);
    expect(issuer.requests.length).toBe(fetched);
    seconds(30);
    await expectDenied(key.sign({}, { kid: 'made-up' }), /no applicable key/);
    expect(issuer.requests.length).toBe(fetched + 1);
  });

  it('are not fetched twice for one token whose kid is unknown', async () => {
    await expectDenied(key.sign({}, { kid: 'made-up' }), /no applicable key/);
    expect(issuer.requests).toEqual([DISCOVERY, '/jwks']);
  });

  it('are refused 10 minutes after they are withdrawn', async () => {
    await expectAllowed(key.sign());
    issuer.state.keys = [];
    minutes(10);
    await expectDenied(key.sign(), /no applicable key/);
  });

  it('are the new ones 10 minutes after one is replaced under its kid', async () => {
    await expectAllowed(key.sign());
    issuer.state.keys = [];
    const replacement = await issuer.addKey('k1');
    minutes(10);
    await expectDenied(key.sign(), /signature verification failed/);
    await expectAllowed(replacement.sign());
  });
});

describe('while the issuer is out of reach', () => {
  it.each<[string, () => void]>([
    ['answers 503 (aws-jwt-verify#72)', () => Object.assign(issuer.state, { down: true })],
    [
      'redirects',
      () => {
        issuer.state.keysAnswer = (response) => response.writeHead(302, { location: '/keys' }).end();
      },
    ],
    [
      'answers with a page',
      () => {
        issuer.state.keysAnswer = (response) => response.end('<html>');
      },
    ],
    [
      'answers without keys',
      () => {
        issuer.state.keysAnswer = (response) => response.end('{"error":"x"}');
      },
    ],
    [
      'closes the connection',
      () => {
        issuer.state.keysAnswer = (response) => response.destroy();
      },
    ],
    [
      'does not answer in 3 s (aws-jwt-verify#128)',
      () => {
        issuer.state.keysAnswer = () => {};
      },
    ],
  ])('because it %s, no token is denied; the keys are fetched again a second later', async (_how, fail) => {
    fail();
    await expectUnavailable(key.sign());
    const asked = issuer.requests.length;
    await expectUnavailable(key.sign());
    expect(issuer.requests.length).toBe(asked);
    expect(issuer.requests).not.toContain('/keys');
    expect(metrics).toHaveLength(1);
    Object.assign(issuer.state, { down: false, keysAnswer: undefined });
    seconds(1);
    await expectAllowed(key.sign());
  });

  it('because it redirects to another server, that one is not asked', async () => {
    const asked: string[] = [];
    const other = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify({ keys: [key.jwk] }));
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/jwks`;
    issuer.state.keysAnswer = (response) => response.writeHead(307, { location }).end();
    await expectUnavailable(key.sign());
    expect(asked).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('there is one fetch at a time', async () => {
    issuer.state.down = true;
    const token = key.sign();
    await Promise.all(Array.from({ length: 10 }, () => expectUnavailable(token)));
    expect(issuer.requests).toEqual([DISCOVERY]);
  });

  it('known keys go on for an hour, tried at most once in 30 s; of an unknown kid nothing can be said', async () => {
    await expectAllowed(key.sign());
    issuer.state.down = true;
    minutes(59);
    const before = issuer.requests.length;
    await expectAllowed(key.sign());
    seconds(29);
    await expectAllowed(key.sign());
    expect(issuer.requests.length).toBe(before + 1);
    await expectUnavailable(key.sign({}, { kid: 'k2' }));
    expect(issuer.requests.length).toBe(before + 2);
    await expectUnavailable(key.sign({}, { kid: 'k3' }));
    expect(issuer.requests.length).toBe(before + 2);
    minutes(1);
    await expectUnavailable(key.sign());
    issuer.state.down = false;
    seconds(1);
    await expectAllowed(key.sign());
  });

  it('what is no token at all is denied', async () => {
    issuer.state.down = true;
    for (const token of ['', 'abc', 'a.b.c']) await expectDenied(Promise.resolve(token), /./);
    expect(issuer.requests).toEqual([]);
  });
});
