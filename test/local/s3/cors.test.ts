import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corsHeaders } from '../../../local/s3/cors.ts';
import { changed, postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server } from '../../support/s3-server.ts';

const corsRules = [
  {
    AllowedOrigins: ['https://app.example', 'https://*.dev.example'],
    AllowedMethods: ['POST', 'GET'],
    AllowedHeaders: ['X-Amz-*', 'content-type'],
    ExposedHeaders: ['ETag', 'Location'],
    MaxAge: 3600,
  },
  { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] },
];

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ corsRules });
});
afterAll(() => server.close());

const preflight = (headers: Record<string, string>, bucket = BUCKET) =>
  fetch(`${server.url}/${bucket}`, { method: 'OPTIONS', headers });

describe('a preflight', () => {
  it('is answered by the rule that allows it', async () => {
    const { status, headers } = await preflight({
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-amz-anything, Content-Type',
    });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': 'x-amz-anything, content-type',
      'access-control-expose-headers': 'ETag, Location',
      'access-control-max-age': '3600',
      'access-control-allow-credentials': 'true',
      vary: expect.stringContaining('Origin'),
    });
  });

  it('is answered for any origin, without credentials', async () => {
    const { headers } = await preflight({
      origin: 'https://x.example',
      'access-control-request-method': 'HEAD',
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('access-control-allow-headers')).toBeNull();
  });

  it.each([
    ['another origin', { origin: 'https://app.example.evil', 'access-control-request-method': 'POST' }, 403],
    [
      'an origin that only ends alike',
      { origin: 'https://dev.example', 'access-control-request-method': 'POST' },
      403,
    ],
    ['another method', { origin: 'https://app.example', 'access-control-request-method': 'DELETE' }, 403],
    [
      'another header',
      {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-other',
      },
      403,
    ],
    ['no origin', { 'access-control-request-method': 'POST' }, 400],
    ['no method', { origin: 'https://app.example' }, 400],
  ] as [string, Record<string, string>, number][])('is refused for %s', async (_, headers, status) => {
    const response = await preflight(headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is refused by a bucket without rules, and by none', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    expect((await preflight(headers, 'other-bucket')).status).toBe(403);
    expect((await preflight(headers, 'no-bucket')).status).toBe(403);
  });
});

describe('an answer', () => {
  it('may be read by a page that a rule allows, be it a refusal', async () => {
    const fields = signedForm();
    const post = (form: typeof fields, origin: string) => {
      const body = new FormData();
      for (const [name, value] of form) body.append(name, value);
      body.append('file', new Blob(['content']));
      return fetch(`${server.url}/${BUCKET}`, { method: 'POST', headers: { origin }, body });
    };
    const accepted = await post(fields, 'https://a.dev.example');
    expect(accepted.status).toBe(204);
    expect(accepted.headers.get('access-control-allow-origin')).toBe('https://a.dev.example');
    expect(accepted.headers.get('access-control-expose-headers')).toBe('ETag, Location');

    const unsigned = changed(fields, 'x-amz-signature', undefined) as typeof fields;
    const refused = await post(unsigned, 'https://app.example');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');

    const elsewhere = await post(fields, 'https://evil.example');
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('says nothing of it where no origin asks', async () => {
    const { headers } = await postForm(server.url, signedForm());
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(corsHeaders(corsRules, 'POST', {})).toEqual({});
  });
});
