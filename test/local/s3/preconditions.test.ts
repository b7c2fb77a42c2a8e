import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORM_TYPE, formBody, postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server } from '../../support/s3-server.ts';

let server: S3Server;
let etag = '';
let lastModified = '';
beforeAll(async () => {
  server = await startS3Server();
  const field = ['Cache-Control', 'no-cache'] as const;
  await postForm(
    server.url,
    signedForm({ key: 'a', fields: [field], conditions: [Object.fromEntries([field])] }),
  );
  const response = await get({});
  etag = response.headers.get('etag') ?? '';
  lastModified = response.headers.get('last-modified') ?? '';
});
afterAll(() => server.close());

const object = { Bucket: BUCKET, Key: 'a' };
const at = (ms: number) => new Date(Date.parse(lastModified) + ms).toUTCString();

/** As a browser sends it: a presigned URL, with headers that are not signed. */
async function get(headers: Record<string, string>): Promise<Response> {
  const command = new GetObjectCommand(object);
  return fetch(await getSignedUrl(server.client, command), { headers, cache: 'no-store' });
}

describe('what the client has already is not sent again', () => {
  it.each([
    ['If-None-Match: the tag', () => ({ 'if-none-match': etag })],
    ['If-None-Match: the tag without its quotes', () => ({ 'if-none-match': etag.slice(1, -1) })],
    ['If-None-Match: the tag as a weak one', () => ({ 'if-none-match': `W/${etag}` })],
    ['If-None-Match: one of several tags', () => ({ 'if-none-match': `"x", ${etag}` })],
    ['If-None-Match: *', () => ({ 'if-none-match': '*' })],
    ['If-Modified-Since: its own date', () => ({ 'if-modified-since': lastModified })],
    [
      'If-None-Match beside an If-Modified-Since that does not hold',
      () => ({
        'if-none-match': etag,
        'if-modified-since': at(-60_000),
      }),
    ],
    ['beside a Range', () => ({ 'if-none-match': etag, range: 'bytes=0-1' })],
  ] as const)('%s', async (_, headers) => {
    const response = await get(headers());
    expect(response.status).toBe(304);
    expect(await response.text()).toBe('');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag,
      'last-modified': lastModified,
      'cache-control': 'no-cache',
      'x-amz-version-id': expect.any(String),
    });
  });

  it('nor by HeadObject', async () => {
    const head = server.client.send(new HeadObjectCommand({ ...object, IfNoneMatch: etag }));
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });
});

describe('what it has not is sent', () => {
  it.each([
    ['If-None-Match: another tag', () => ({ 'if-none-match': '"x"' })],
    ['If-Modified-Since: earlier', () => ({ 'if-modified-since': at(-1000) })],
    ['If-Modified-Since: in the future', () => ({ 'if-modified-since': at(3_600_000) })],
    ['If-Modified-Since: no date', () => ({ 'if-modified-since': 'yesterday' })],
    [
      'another tag beside the right date',
      () => ({ 'if-none-match': '"x"', 'if-modified-since': lastModified }),
    ],
  ] as const)('%s', async (_, headers) => {
    const response = await get(headers());
    expect([response.status, await response.text()]).toEqual([200, 'content']);
  });
});

describe('a range is', () => {
  it.each([
    ['taken with the tag', () => etag, 206],
    ['taken with the date', () => lastModified, 206],
    ['left out with another tag', () => '"x"', 200],
    ['left out with another date', () => at(-1000), 200],
  ] satisfies [string, () => string, number][])('%s', async (_, condition, status) => {
    expect((await get({ range: 'bytes=0-1', 'if-range': condition() })).status).toBe(status);
  });
});

describe('a precondition that is not honoured is 501, and named', () => {
  const notImplemented = (header: string) => ({
    name: 'NotImplemented',
    Header: header,
    $metadata: { httpStatusCode: 501 },
  });
  const since = new Date(0);

  it.each([
    ['if-match', new GetObjectCommand({ ...object, IfMatch: '"x"' })],
    ['if-unmodified-since', new GetObjectCommand({ ...object, IfUnmodifiedSince: since })],
    ['if-match', new DeleteObjectCommand({ ...object, IfMatch: '"x"' })],
    ['x-amz-if-match-size', new DeleteObjectCommand({ ...object, IfMatchSize: 1 })],
    [
      'x-amz-if-match-last-modified-time',
      new DeleteObjectCommand({ ...object, IfMatchLastModifiedTime: since }),
    ],
  ])('%s', async (header, command) => {
    await expect(server.client.send(command as GetObjectCommand)).rejects.toMatchObject(
      notImplemented(header),
    );
    expect(server.store.find(BUCKET, 'a')?.deleted).toBeUndefined();
  });

  it.each(['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'])(
    '%s of a list, a deletion and a form',
    async (header) => {
      const headers = { [header]: '"x"' };
      const listed = await getSignedUrl(server.client, new ListObjectsV2Command({ Bucket: BUCKET }));
      const removed = await getSignedUrl(server.client, new DeleteObjectCommand(object));
      const answers = [await fetch(listed, { headers }), await fetch(removed, { method: 'DELETE', headers })];
      for (const answer of answers) {
        expect([answer.status, await answer.text()]).toEqual([
          501,
          expect.stringContaining(`<Header>${header}</Header>`),
        ]);
      }
      const parts = [...signedForm({ key: 'new' }), ['file', 'x'] as const];
      const response = await fetch(`${server.url}/${BUCKET}`, {
        method: 'POST',
        headers: { 'content-type': FORM_TYPE, ...headers },
        body: new Uint8Array(formBody(parts.map(([name, value]) => ({ name, value })))),
      });
      expect(response.status).toBe(501);
      expect(server.store.find(BUCKET, 'new')).toBeUndefined();
      expect(server.store.find(BUCKET, 'a')?.deleted).toBeUndefined();
    },
  );
});
