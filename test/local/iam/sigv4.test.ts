import { createHash } from 'node:crypto';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import type { LocalCredentials } from '../../../local/iam/signer.ts';
import { type SignedRequest, verifySignature } from '../../../local/iam/sigv4.ts';
import { anyone, everythingFor } from '../../support/iam.ts';

const credentials: LocalCredentials = {
  accessKeyId: 'ASIALOCAL',
  secretAccessKey: 'a secret',
  sessionToken: 'a token',
};
const { signerOf } = everythingFor(credentials);
const now = new Date('2031-02-03T04:05:06Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const hash = (body: string) => createHash('sha256').update(body).digest('hex');
const EMPTY = hash('');
const sha256 = Hash.bind(null, 'sha256') as ConstructorParameters<typeof SignatureV4>[0]['sha256'];

type Service = 'dynamodb' | 's3';
interface Options {
  service?: Service;
  region?: string;
  credentials?: Partial<LocalCredentials>;
}

const signer = ({ service = 's3', region = 'eu-central-1', credentials: own }: Options) =>
  new SignatureV4({
    service,
    region,
    sha256,
    credentials: { ...credentials, ...own },
    uriEscapePath: service !== 's3',
  });

const plain = (body = '') => ({
  protocol: 'http:',
  hostname: '127.0.0.1',
  method: 'GET',
  path: '/bucket/a%20key/%C3%BC',
  query: { versionId: 'a b', tag: ['2', '1'] },
  headers: { host: '127.0.0.1:9000', 'x-amz-meta': ' two   spaces ', 'user-agent': 'test' },
  ...(body && { body }),
});

const urlOf = (request: { path: string; query?: Record<string, unknown> | undefined }) => {
  const parameters = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((it) => `${encodeURIComponent(name)}=${encodeURIComponent(String(it))}`),
  );
  return `${request.path}?${parameters.join('&')}`;
};

async function signed(
  options: Options = {},
  body = '',
): Promise<SignedRequest & { headers: Record<string, string> }> {
  const request = await signer(options).sign(plain(body), { signingDate: now });
  return { method: request.method, url: urlOf(request), headers: request.headers, payloadHash: hash(body) };
}

async function presigned(
  options: Options = {},
): Promise<SignedRequest & { headers: Record<string, string> }> {
  const request = await signer(options).presign(
    { ...plain(), headers: { host: '127.0.0.1:9000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    { signingDate: now, expiresIn: 60 },
  );
  return { method: 'GET', url: urlOf(request), headers: { host: '127.0.0.1:9000' }, payloadHash: EMPTY };
}

const scopeOf = (service: Service) => ({
  region: 'eu-central-1',
  service: {
    signingName: service,
    unknownKey: [403, 'InvalidAccessKeyId'] as const,
    expiredToken: [400, service === 's3' ? 'ExpiredToken' : 'ExpiredTokenException'] as const,
    signsAsDeclared: service === 's3',
  },
});

const verify = (request: SignedRequest, at = now, service: Service = 's3') =>
  verifySignature(request, { signerOf, ...scopeOf(service), now: at });

describe('signed headers', () => {
  it.each<[Service, string]>([
    ['s3', ''],
    ['dynamodb', '{"a": 1}'],
  ])('of %s are accepted', async (service, body) => {
    const verified = await verify(await signed({ service }, body), now, service);
    expect(verified).toEqual({ principal: anyone, signedAt: now });
  });

  it.each<[Service, number, string]>([
    ['s3', 400, 'ExpiredToken'],
    ['dynamodb', 400, 'ExpiredTokenException'],
  ])('of %s are refused once the credentials have expired', async (service, status, code) => {
    const request = await signed({ service });
    const until = (expiration: Date) =>
      verifySignature(request, {
        signerOf: () => ({ credentials, expiration, principal: anyone }),
        ...scopeOf(service),
        now,
      });
    await until(later(1));
    await expect(until(now)).rejects.toMatchObject({ status, code });
  });

  it('are accepted within 15 minutes and refused beyond', async () => {
    const request = await signed();
    for (const seconds of [-900, 900]) await verify(request, later(seconds));
    for (const seconds of [-901, 901]) {
      await expect(verify(request, later(seconds))).rejects.toMatchObject({
        status: 403,
        code: 'RequestTimeTooSkewed',
      });
    }
  });

  const mismatch = { status: 403, code: 'SignatureDoesNotMatch' };
  const denied = { status: 403, code: 'AccessDenied' };
  const changes: [string, (request: Awaited<ReturnType<typeof signed>>) => SignedRequest, object][] = [
    ['another method', (it) => ({ ...it, method: 'DELETE' }), mismatch],
    ['another path', (it) => ({ ...it, url: it.url.replace('/bucket/', '/bucket//') }), mismatch],
    ['another query', (it) => ({ ...it, url: `${it.url}&more=1` }), mismatch],
    ['a signed header with another value', (it) => withHeader(it, 'x-amz-meta', 'other'), mismatch],
    ['another host', (it) => withHeader(it, 'host', 'evil.example'), mismatch],
    ['a header of AWS that is not signed', (it) => withHeader(it, 'x-amz-checksum-mode', 'ENABLED'), denied],
    ['no token', (it) => withHeader(it, 'x-amz-security-token', undefined), denied],
    ['no date', (it) => withHeader(it, 'x-amz-date', undefined), denied],
    ['no signature at all', (it) => withHeader(it, 'authorization', undefined), denied],
    [
      'another body',
      (it) => ({ ...it, payloadHash: hash('other') }),
      { status: 400, code: 'XAmzContentSHA256Mismatch' },
    ],
    [
      'an unreadable header',
      (it) => withHeader(it, 'authorization', 'Bearer x'),
      { status: 400, code: 'AuthorizationHeaderMalformed' },
    ],
    [
      'two signatures',
      (it) => ({ ...it, url: `${it.url}&X-Amz-Algorithm=x` }),
      { status: 400, code: 'InvalidArgument' },
    ],
    [
      'no hash of the body',
      (it) => withHeader(it, 'x-amz-content-sha256', undefined),
      { status: 400, code: 'InvalidRequest' },
    ],
  ];
  it.each(changes)('are refused with %s', async (_, change, refusal) => {
    await expect(verify(change(await signed()))).rejects.toMatchObject(refusal);
  });

  it('are accepted with a header that nobody signs', async () => {
    await verify(withHeader(await signed(), 'user-agent', 'other'));
  });

  it.each<[string, Options, object]>([
    [
      'access key',
      { credentials: { accessKeyId: 'ASIAOTHER' } },
      { status: 403, code: 'InvalidAccessKeyId' },
    ],
    ['secret', { credentials: { secretAccessKey: 'other' } }, mismatch],
    ['token', { credentials: { sessionToken: 'other' } }, denied],
    ['region', { region: 'us-east-1' }, { status: 400, code: 'AuthorizationHeaderMalformed' }],
    ['service', { service: 'dynamodb' }, { status: 400, code: 'AuthorizationHeaderMalformed' }],
  ])('of another %s are refused', async (_, options, refusal) => {
    await expect(verify(await signed(options))).rejects.toMatchObject(refusal);
  });

  it('of a body for another service are refused with another body', async () => {
    const request = { ...(await signed({ service: 'dynamodb' }, 'a body')), payloadHash: hash('another') };
    await expect(verify(request, now, 'dynamodb')).rejects.toMatchObject(mismatch);
  });
});

describe('a presigned URL', () => {
  it('is accepted until it expires', async () => {
    const request = await presigned();
    await verify(request);
    await verify(request, later(60));
    await expect(verify(request, later(61))).rejects.toMatchObject({ status: 403, code: 'AccessDenied' });
    await expect(verify(request, later(-901))).rejects.toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  it.each<[string, (request: SignedRequest) => SignedRequest, number, string]>([
    ['a longer time', (it) => replaceUrl(it, 'Expires=60', 'Expires=600'), 403, 'SignatureDoesNotMatch'],
    ['another path', (it) => replaceUrl(it, '/bucket/a', '/bucket/b'), 403, 'SignatureDoesNotMatch'],
    ['another token', (it) => replaceUrl(it, 'a%20token', 'other'), 403, 'AccessDenied'],
    ['no time', (it) => replaceUrl(it, 'X-Amz-Expires=60', ''), 400, 'AuthorizationQueryParametersError'],
    [
      'more than a week',
      (it) => replaceUrl(it, 'Expires=60', 'Expires=604801'),
      400,
      'AuthorizationQueryParametersError',
    ],
    [
      'another algorithm',
      (it) => replaceUrl(it, 'AWS4-HMAC-SHA256', 'x'),
      400,
      'AuthorizationQueryParametersError',
    ],
    [
      'an unsigned header of AWS',
      (it) => ({ ...it, headers: { ...it.headers, 'x-amz-acl': 'public-read' } }),
      403,
      'AccessDenied',
    ],
  ])('is refused with %s', async (_, change, status, code) => {
    await expect(verify(change(await presigned()))).rejects.toMatchObject({ status, code });
  });
});

function replaceUrl(request: SignedRequest, from: string, to: string): SignedRequest {
  expect(request.url).toContain(from);
  return { ...request, url: request.url.replace(from, to) };
}

function withHeader(
  request: SignedRequest & { headers: Record<string, string> },
  name: string,
  value: string | undefined,
): SignedRequest {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers: value === undefined ? headers : { ...headers, [name]: value } };
}
