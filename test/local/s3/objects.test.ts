import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server, UNVERSIONED_BUCKET } from '../../support/s3-server.ts';

let server: S3Server;
beforeEach(async () => {
  server = await startS3Server();
});
afterEach(() => server.close());

const upload = async (key: string, content = 'content') => {
  const answer = await postForm(server.url, signedForm({ key }), content);
  expect(answer.status, answer.body).toBe(204);
  return answer.headers.get('x-amz-version-id') ?? '';
};
const get = (Key: string, more: object = {}) =>
  server.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }));
const head = (Key: string, more: object = {}) =>
  server.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...more }));
const remove = (Key: string, VersionId?: string) =>
  server.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key, VersionId }));
const list = (more: Partial<ListObjectVersionsCommandInput> = {}) =>
  server.client.send(new ListObjectVersionsCommand({ Bucket: BUCKET, ...more }));
const text = async (key: string, more?: object) => (await get(key, more)).Body?.transformToString();

describe('createPresignedPost of the SDK', () => {
  it('makes a form that is accepted as it is', async () => {
    const { url, fields } = await createPresignedPost(server.client, {
      Bucket: BUCKET,
      Key: 'tenants/t_acme/ünïcode "a".txt',
      Conditions: [['content-length-range', 0, 10]],
      Fields: { 'Content-Type': 'text/plain; charset=utf-8', success_action_status: '201' },
    });
    expect(url).toBe(`${server.url}/${BUCKET}`);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['content']), 'a.txt');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(201);
    expect(await text('tenants/t_acme/ünïcode "a".txt')).toBe('content');
  });
});

describe('GetObject and HeadObject', () => {
  it('say what the object is', async () => {
    const versionId = await upload('a');
    const expected = {
      ContentLength: 7,
      ContentType: 'binary/octet-stream',
      ETag: '"9a0364b9e99bb480dd25e1f0284c8555"',
      VersionId: versionId,
      AcceptRanges: 'bytes',
      LastModified: expect.any(Date),
    };
    expect(await head('a')).toMatchObject(expected);
    expect(await get('a')).toMatchObject(expected);
  });

  it.each([
    ['bytes=0-2', 'con', 'bytes 0-2/7'],
    ['bytes=3-', 'tent', 'bytes 3-6/7'],
    ['bytes=-2', 'nt', 'bytes 5-6/7'],
    ['bytes=-99', 'content', 'bytes 0-6/7'],
    ['bytes=5-99', 'nt', 'bytes 5-6/7'],
  ])('answer the range %s with 206', async (Range, content, contentRange) => {
    await upload('a');
    const answer = await get('a', { Range });
    expect(answer.$metadata.httpStatusCode).toBe(206);
    expect(answer).toMatchObject({ ContentRange: contentRange, ContentLength: content.length });
    expect(await answer.Body?.transformToString()).toBe(content);
    expect(await head('a', { Range })).toMatchObject({ ContentRange: contentRange });
  });

  it.each(['bytes=1-2,4-5', 'bytes=4-2', 'bytes=-', 'lines=1-2'])('ignore the range %s', async (Range) => {
    await upload('a');
    expect((await get('a', { Range })).$metadata.httpStatusCode).toBe(200);
  });

  it.each(['bytes=7-', 'bytes=9-10', 'bytes=-0'])('refuse the range %s with 416', async (Range) => {
    await upload('a');
    await expect(get('a', { Range })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
  });

  it('answer 404 for what is not there', async () => {
    await upload('a');
    await expect(get('b')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(head('b')).rejects.toMatchObject({ name: 'NotFound', $metadata: { httpStatusCode: 404 } });
    await expect(get('a', { VersionId: 'none' })).rejects.toMatchObject({ name: 'NoSuchVersion' });
    await expect(get('a', { Bucket: 'no-bucket' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it('serve a presigned URL, with the headers that it asks for', async () => {
    await upload('a b');
    const command = new GetObjectCommand({
      Bucket: BUCKET,
      Key: 'a b',
      ResponseContentDisposition: 'attachment; filename="c.txt"',
      ResponseContentType: 'text/plain',
    });
    const response = await fetch(await getSignedUrl(server.client, command, { expiresIn: 60 }));
    expect(await response.text()).toBe('content');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="c.txt"');
    expect(response.headers.get('content-type')).toBe('text/plain');
  });

  it('refuse a presigned URL that was changed, and one that asks for no possible header', async () => {
    await upload('a');
    const url = await getSignedUrl(server.client, new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect((await fetch(`${url}&response-content-type=text/html`)).status).toBe(403);
    const split = new GetObjectCommand({ Bucket: BUCKET, Key: 'a', ResponseContentType: 'a\r\nb: c' });
    expect((await fetch(await getSignedUrl(server.client, split))).status).toBe(400);
  });
});

describe('DeleteObject', () => {
  it('hides the object behind a delete marker, whose removal brings it back', async () => {
    const versionId = await upload('a');
    const marker = await remove('a');
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    await expect(get('a')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('a', { VersionId: versionId })).toBe('content');
    await expect(get('a', { VersionId: marker.VersionId })).rejects.toMatchObject({
      name: 'MethodNotAllowed',
    });

    expect(await remove('a', marker.VersionId)).toMatchObject({ DeleteMarker: true });
    expect(await text('a')).toBe('content');
  });

  it('removes one version for good', async () => {
    const first = await upload('a', 'first');
    const second = await upload('a', 'second');
    expect(await remove('a', second)).toMatchObject({ VersionId: second });
    expect(await text('a')).toBe('first');
    await expect(get('a', { VersionId: second })).rejects.toMatchObject({ name: 'NoSuchVersion' });
    await remove('a', second);
    await remove('a', first);
    expect((await list()).Versions).toBeUndefined();
  });
});

describe('ListObjectVersions', () => {
  it('lists by key, newest first', async () => {
    const old = await upload('a');
    await upload('b');
    const current = await upload('a');
    const { VersionId: marker } = await remove('b');
    const { Versions, DeleteMarkers, IsTruncated, Name } = await list();
    expect(Versions?.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
      ['a', current, true],
      ['a', old, false],
      ['b', expect.any(String), false],
    ]);
    expect(Versions?.[0]).toMatchObject({ Size: 7, ETag: '"9a0364b9e99bb480dd25e1f0284c8555"' });
    expect(DeleteMarkers).toMatchObject([{ Key: 'b', VersionId: marker, IsLatest: true }]);
    expect({ IsTruncated, Name }).toEqual({ IsTruncated: false, Name: BUCKET });
  });

  it('lists what begins with a prefix', async () => {
    for (const key of ['a/1', 'a/2', 'ab']) await upload(key);
    expect((await list({ Prefix: 'a/' })).Versions?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
    expect((await list({ Prefix: 'c' })).Versions).toBeUndefined();
  });

  it.each([1, 2, 3, 5])(
    'lists every version once in pages of %i, even where they are removed meanwhile',
    async (size) => {
      const uploaded: string[] = [];
      for (const key of ['b', 'a', 'b', 'c', 'b']) uploaded.push(await upload(key));
      const listed: string[] = [];
      let next: Partial<ListObjectVersionsCommandInput> = {};
      for (let more = true; more; ) {
        const page = await list({ MaxKeys: size, ...next });
        expect(page.Versions?.length).toBeLessThanOrEqual(size);
        for (const { Key = '', VersionId = '' } of page.Versions ?? []) {
          listed.push(VersionId);
          await remove(Key, VersionId);
        }
        more = page.IsTruncated ?? false;
        next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
      expect([...listed].sort()).toEqual([...uploaded].sort());
      expect((await list()).Versions).toBeUndefined();
    },
  );

  it('orders keys by their UTF-8 and writes them so that they are read back', async () => {
    const keys = [' a ', '"<&>\'', 'a\tb', 'a\r\nb', 'é', '\uffee', '🗂'];
    for (const key of [...keys].reverse()) await server.store.markDeleted(BUCKET, key);
    for (const EncodingType of [undefined, 'url'] as const) {
      const { DeleteMarkers } = await list({ ...(EncodingType && { EncodingType }) });
      const decode = EncodingType ? decodeURIComponent : (key: string) => key;
      expect(DeleteMarkers?.map(({ Key = '' }) => decode(Key))).toEqual(keys);
    }
  });

  it.each([{ MaxKeys: -1 }, { VersionIdMarker: 'x' }])('refuses %j', async (input) => {
    await expect(list(input)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('ListObjectsV2', () => {
  const keysOf = async (more: object = {}, pageSize = 1000) => {
    const keys: (string | undefined)[] = [];
    const pages = paginateListObjectsV2({ client: server.client, pageSize }, { Bucket: BUCKET, ...more });
    for await (const { Contents = [], KeyCount } of pages) {
      expect(Contents).toHaveLength(KeyCount ?? -1);
      keys.push(...Contents.map(({ Key }) => Key));
    }
    return keys;
  };

  it('lists what there is: by key, and nothing that is deleted', async () => {
    for (const key of ['b', 'a', 'gone', 'b']) await upload(key);
    await remove('gone');
    const { Contents, IsTruncated } = await server.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a', 'b']);
    expect(Contents?.[0]).toMatchObject({ Size: 7, ETag: '"9a0364b9e99bb480dd25e1f0284c8555"' });
    expect(IsTruncated).toBe(false);
  });

  it('lists what begins with a prefix, or comes after a key', async () => {
    for (const key of ['a/1', 'a/2', 'ab']) await upload(key);
    expect(await keysOf({ Prefix: 'a/' })).toEqual(['a/1', 'a/2']);
    expect(await keysOf({ StartAfter: 'a/1' })).toEqual(['a/2', 'ab']);
    expect(await keysOf({ Prefix: 'c' })).toEqual([]);
  });

  it.each([1, 2, 3])('lists every object once in pages of %i', async (size) => {
    const keys = ['a', 'b ', 'c"<&>', 'é', '🗂'];
    for (const key of keys) await upload(key);
    expect(await keysOf({}, size)).toEqual(keys);
  });

  describe('by delimiter', () => {
    const KEYS = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'e/4', 'é/5'];
    const namesOf = async (more: object = {}) => {
      const names: (string | undefined)[] = [];
      const query = { Bucket: BUCKET, Delimiter: '/', ...more };
      for await (const page of paginateListObjectsV2({ client: server.client }, query)) {
        const { Contents = [], CommonPrefixes = [], KeyCount } = page;
        expect(Contents.length + CommonPrefixes.length).toBe(KeyCount);
        names.push(...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix));
      }
      return names.toSorted();
    };
    beforeEach(async () => {
      for (const key of KEYS) await upload(key);
    });

    it.each([1, 2, 3, 4, 1000])(
      'lists keys and their common beginnings once in pages of %i',
      async (MaxKeys) => {
        expect(await namesOf({ MaxKeys })).toEqual(['a', 'b/', 'd', 'e/', 'é/']);
        expect(await namesOf({ MaxKeys, Prefix: 'b/' })).toEqual(['b/1', 'b/2', 'b/c/']);
      },
    );

    it.each([
      ['b/1', ['b/', 'd', 'e/', 'é/']],
      ['b/c/3', ['d', 'e/', 'é/']],
    ])('begins after the key %s, which a common beginning may hold', async (StartAfter, names) => {
      for (const MaxKeys of [1, 1000]) expect(await namesOf({ StartAfter, MaxKeys })).toEqual(names);
    });

    it('repeats in its answer where it began', async () => {
      const list = (more: object) =>
        server.client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 1, ...more }));
      const StartAfter = 'b/2';
      const { NextContinuationToken: ContinuationToken, ...first } = await list({ StartAfter });
      expect(first).toMatchObject({ StartAfter, Contents: [{ Key: 'b/c/3' }] });
      expect(await list({ ContinuationToken })).toMatchObject({
        ContinuationToken,
        Contents: [{ Key: 'd' }],
      });
    });

    it('leaves out a beginning of which all is deleted', async () => {
      await remove('e/4');
      expect(await namesOf()).toEqual(['a', 'b/', 'd', 'é/']);
    });
  });

  it('refuses a token that it has not given', async () => {
    const listed = server.client.send(new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: 'x' }));
    await expect(listed).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('a bucket without versions', () => {
  const Bucket = UNVERSIONED_BUCKET;
  const object = { bucket: Bucket, key: 'a', headers: {}, keepsSha256: false };
  beforeEach(async () => {
    const staged = server.store.stage();
    staged.write(Buffer.from('content'));
    await server.store.commit(staged, await staged.seal(), object);
  });

  it('names none', async () => {
    const { Body, VersionId } = await server.client.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect({ content: await Body?.transformToString(), VersionId }).toEqual({ content: 'content' });
  });

  it('forgets what is deleted, and does not mind what is not there', async () => {
    for (const _ of ['there', 'gone']) {
      const answer = await server.client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
      expect(answer).toEqual({ $metadata: expect.objectContaining({ httpStatusCode: 204 }) });
    }
    await expect(server.client.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toThrow();
    expect([...server.store.keys(Bucket)]).toEqual([]);
  });

  it('takes no forms', async () => {
    const date = new Date();
    const [, encoded = ''] = signedForm({ key: 'b', date }).find(([name]) => name === 'policy') ?? [];
    const policy = Buffer.from(encoded, 'base64').toString().replace(BUCKET, Bucket);
    const answer = await postForm(server.url, signedForm({ key: 'b', date, policy }), 'content', Bucket);
    expect(answer.status).toBe(403);
    expect([...server.store.keys(Bucket)].map(([key]) => key)).toEqual(['a']);
  });
});

it('keeps any key exactly, whoever asks for it', async () => {
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 60 })
    .filter((it) => it.isWellFormed() && Buffer.byteLength(it) <= 1024);
  await fc.assert(
    fc.asyncProperty(key, fc.string(), async (name, content) => {
      const versionId = await upload(name, content);
      expect(await text(name)).toBe(content);
      expect((await head(name)).VersionId).toBe(versionId);
      const { Versions = [] } = await list({ Prefix: name, EncodingType: 'url' });
      const listed = Versions.find((version) => version.VersionId === versionId);
      expect(decodeURIComponent(listed?.Key ?? '')).toBe(name);
    }),
    { numRuns: 40 },
  );
});

describe('anything else', () => {
  it.each([
    ['PutObject', new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'content' })],
    ['ListObjects', new ListObjectsCommand({ Bucket: BUCKET })],
    ['a conditional GetObject', new GetObjectCommand({ Bucket: BUCKET, Key: 'a', IfMatch: 'x' })],
    ['versions by delimiter', new ListObjectVersionsCommand({ Bucket: BUCKET, Delimiter: '/' })],
    ['a part of an object', new GetObjectCommand({ Bucket: BUCKET, Key: 'a', PartNumber: 1 })],
  ])('is not implemented: %s', async (_, command) => {
    const sent = server.client.send(command as GetObjectCommand);
    await expect(sent).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
  });

  it('is refused unsigned, and where the URL is none', async () => {
    expect((await fetch(`${server.url}/${BUCKET}/a`)).status).toBe(403);
    expect((await fetch(`${server.url}/${BUCKET}/a`, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(`${server.url}/${BUCKET}/%ff`)).status).toBe(400);
  });
});
