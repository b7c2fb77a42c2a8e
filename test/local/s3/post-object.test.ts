import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  changed,
  FORM_TYPE,
  type FormOptions,
  formBody,
  postForm,
  postParts,
  signedForm,
  signPolicy,
} from '../../support/post-form.ts';
import { BUCKET, CREDENTIALS, REGION, type S3Server, startS3Server } from '../../support/s3-server.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());

const sha256 = (content: string) => createHash('sha256').update(content).digest('base64');
const nothingStored = (key = 'a key') => {
  expect(server.store.find(BUCKET, key)).toBeUndefined();
  expect(readdirSync(join(server.dir, 'staging'))).toEqual([]);
};
const read = async (key: string, versionId?: string) => {
  const get = new GetObjectCommand({ Bucket: BUCKET, Key: key, VersionId: versionId });
  return (await server.client.send(get)).Body?.transformToString();
};

describe('accepts', () => {
  const accepted: [name: string, form: FormOptions, status?: number][] = [
    ['every field in the policy', { key: 'plain' }],
    ['success_action_status 200', { ...field('success_action_status', '200') }, 200],
    ['success_action_status 204', { ...field('success_action_status', '204') }, 204],
    ['any other success_action_status', { ...field('success_action_status', '404') }, 204],
    ['field names in any case', { ...field('CoNtEnT-TyPe', 'text/plain', 'content-type') }],
    ['condition names in any case', { ...field('content-type', 'text/plain', 'CONTENT-type') }],
    ['operators in any case', { conditions: [['StArTs-WiTh', '$KeY', '']] }],
    ['eq', { conditions: [['eq', '$key', 'a key']] }],
    ['starts-with a value', { conditions: [['starts-with', '$key', 'a k']] }],
    ['starts-with no value', { conditions: [['starts-with', '$key', '']] }],
    ['a field of x-ignore-*', { fields: [['x-ignore-this', 'anything']] }],
    ['a size within its range', { conditions: [['content-length-range', 7, 7]] }],
    ['its own bucket as a field', { fields: [['bucket', BUCKET]] }],
    ['the right SHA-256', { ...field('x-amz-checksum-sha256', sha256('content')) }],
  ];
  it.each(accepted)('%s', async (_, form, status = 204) => {
    const answer = await postForm(server.url, signedForm(form));
    expect(answer.status, answer.body).toBe(status);
    expect(answer.body).toBe('');
    const key = form.key ?? 'a key';
    expect(answer.headers.get('x-amz-version-id')).toBe(server.store.find(BUCKET, key)?.versionId);
    expect(await read(key)).toBe('content');
  });

  it('success_action_status 201, and answers with where the object is', async () => {
    const key = 'a folder/<a & b>';
    const { status, headers, body } = await postForm(
      server.url,
      signedForm({ key, ...field('success_action_status', '201') }),
    );
    const location = `${server.url}/${BUCKET}/a%20folder%2F%3Ca%20%26%20b%3E`;
    const etag = `"${createHash('md5').update('content').digest('hex')}"`;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(location);
    expect(headers.get('etag')).toBe(etag);
    expect(body).toContain(`<PostResponse><Location>${location}</Location><Bucket>${BUCKET}</Bucket>`);
    expect(body).toContain(
      `<Key>a folder/&lt;a &amp; b&gt;</Key><ETag>${etag.replaceAll('"', '&quot;')}</ETag>`,
    );
  });

  it('a file without a filename, and one of any type', async () => {
    const fields = signedForm({ key: 'nameless' }).map(([name, value]) => ({ name, value }));
    await postParts(server.url, [...fields, { name: 'file', value: 'one' }]);
    expect(await read('nameless')).toBe('one');
    await postParts(server.url, [...fields, { name: 'FILE', value: 'two', contentType: 'text/html' }]);
    expect(await read('nameless')).toBe('two');
  });

  it('an empty file', async () => {
    expect((await postForm(server.url, signedForm({ key: 'empty' }), '')).status).toBe(204);
    expect(await read('empty')).toBe('');
  });

  it('and ignores fields after the file', async () => {
    const fields = signedForm({ key: 'before' }).map(([name, value]) => ({ name, value }));
    const file = { name: 'file', value: 'content' };
    const after = [
      { name: 'key', value: 'after' },
      { name: 'not-in-the-policy', value: 'x'.repeat(30_000) },
    ];
    expect((await postParts(server.url, [...fields, file, ...after])).status).toBe(204);
    expect(await read('before')).toBe('content');
    nothingStored('after');
  });

  it('a SHA-256, and returns it to a head that asks for it', async () => {
    const checksum = sha256('content');
    await postForm(server.url, signedForm({ key: 'summed', ...field('x-amz-checksum-sha256', checksum) }));
    const input = { Bucket: BUCKET, Key: 'summed' };
    const asked = await server.client.send(new HeadObjectCommand({ ...input, ChecksumMode: 'ENABLED' }));
    expect(asked).toMatchObject({ ChecksumSHA256: checksum, ChecksumType: 'FULL_OBJECT' });
    const unasked = await server.client.send(new HeadObjectCommand(input));
    expect(unasked.ChecksumSHA256).toBeUndefined();
  });

  it('metadata and Content-Type, and returns them', async () => {
    const fields = [
      ['Content-Type', 'text/x-plain'],
      ['x-amz-meta-plain', 'a value'],
      ['x-amz-meta-beyond', 'ünïcode'],
      ['Cache-Control', 'no-store'],
    ] as const;
    const conditions = fields.map(([name, value]) => ({ [name]: value }));
    await postForm(server.url, signedForm({ key: 'described', fields, conditions }));
    const head = await server.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'described' }));
    expect(head).toMatchObject({ ContentType: 'text/x-plain', CacheControl: 'no-store', ContentLength: 7 });
    const encoded = `=?UTF-8?B?${Buffer.from('ünïcode').toString('base64')}?=`;
    expect(head.Metadata).toEqual({ plain: 'a value', beyond: encoded });
    expect(head.ChecksumSHA256).toBeUndefined();
  });

  it('the same key twice, as two versions', async () => {
    const form = signedForm({ key: 'twice' });
    const first = await postForm(server.url, form, 'first');
    const second = await postForm(server.url, form, 'second');
    const id = (answer: typeof first) => answer.headers.get('x-amz-version-id') ?? '';
    expect(await read('twice', id(first))).toBe('first');
    expect(await read('twice', id(second))).toBe('second');
    expect(await read('twice')).toBe('second');
  });

  it.each([
    'a b',
    'a+b',
    'a%20b',
    '100%',
    '"quoted\'',
    'ünï/日本語/🗂',
    '../../etc/passwd',
    'a//b/./c',
    ' x ',
    '?#&',
  ])('the key %j, under exactly those bytes', async (key) => {
    expect((await postForm(server.url, signedForm({ key }))).status).toBe(204);
    expect(server.store.find(BUCKET, key)?.key).toBe(key);
    expect(await read(key)).toBe('content');
  });

  it.each(['a$$b.csv', '~$draft.docx', '$key', 'ünï $x/日本語 🗂', 'a\\$b', 'tab\there'])(
    'the key %j, where its policy is written with the escapes of S3',
    async (key) => {
      const escaped = policyText({ key })
        .replaceAll('$', '\\$')
        .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
      expect((await postForm(server.url, signedForm({ key, policy: escaped }))).status).toBe(204);
      expect(await read(key)).toBe('content');
    },
  );

  it('\\v in a policy', async () => {
    const json = policyText({ key: 'a\vb' }).replace('\\u000b', '\\v');
    expect(json).toContain('a\\vb');
    expect((await postForm(server.url, signedForm({ key: 'a\vb', policy: json }))).status).toBe(204);
  });

  it('${filename} in the key', async () => {
    const form = signedForm({ key: 'up/${filename}', conditions: [['starts-with', '$key', 'up/']] });
    const policy = Buffer.from(form.find(([name]) => name === 'policy')?.[1] ?? '', 'base64').toString();
    const open = policy.replace('{"key":"up/${filename}"},', '');
    const parts = signedForm({ key: 'up/${filename}', policy: open }).map(([name, value]) => ({
      name,
      value,
    }));
    const file = { name: 'file', value: 'content', filename: 'a $& b.txt' };
    expect((await postParts(server.url, [...parts, file])).status).toBe(204);
    expect(await read('up/a $& b.txt')).toBe('content');
  });
});

describe('refuses', () => {
  const policyOf = (extra: object) => JSON.stringify({ expiration: inAMinute(), conditions: [], ...extra });
  const withPolicy = (policy: string) => signedForm({ key: 'refused', policy });
  const withConditions = (...conditions: unknown[]) => signedForm({ key: 'refused', conditions });
  const form = () => signedForm({ key: 'refused' });
  const credential = (date: string, region = REGION, service = 's3', id = CREDENTIALS.accessKeyId) => {
    const value = `${id}/${date}/${region}/${service}/aws4_request`;
    const fields = signedForm({ key: 'refused', credential: value });
    const policy = fields.find(([name]) => name === 'policy')?.[1] ?? '';
    return changed(fields, 'x-amz-signature', signPolicy(policy, date, region, service));
  };

  const refused: [name: string, fields: () => ReturnType<typeof changed>, status: number, code: string][] = [
    [
      'a condition value in another case',
      () => withConditions({ 'content-type': 'TEXT/plain' }),
      403,
      'AccessDenied',
    ],
    [
      'a value in another case than its condition',
      () =>
        signedForm({
          key: 'refused',
          ...field('content-type', 'text/plain'),
          conditions: [{ 'content-type': 'TEXT/PLAIN' }],
        }),
      403,
      'AccessDenied',
    ],
    [
      'a field not in the policy',
      () => signedForm({ key: 'refused', fields: [['x-amz-meta-a', 'b']] }),
      403,
      'AccessDenied',
    ],
    [
      'a condition whose field is missing',
      () => withConditions({ 'x-amz-meta-a': 'b' }),
      403,
      'AccessDenied',
    ],
    [
      'a starts-with nothing whose field is missing',
      () => withConditions(['starts-with', '$x-amz-meta-a', '']),
      403,
      'AccessDenied',
    ],
    [
      'a condition whose field is empty',
      () => signedForm({ key: 'refused', ...field('x-amz-meta-a', '') }),
      403,
      'AccessDenied',
    ],
    [
      'one in a value that something begins with',
      () =>
        signedForm({
          key: 'a$b',
          policy: policyText({ key: 'a$b' }).replace('{"key":"a$b"}', '["starts-with","$key","a$"]'),
        }),
      403,
      'AccessDenied',
    ],
    [
      'one in another field',
      () => signedForm({ key: 'refused', ...field('content-type', 'a/b;c=$x') }),
      403,
      'AccessDenied',
    ],
    [
      'a field named by a dollar sign with a backslash',
      () =>
        withPolicy(policyText({ key: 'refused' }).replace('{"key":"refused"}', '["eq","\\$key","refused"]')),
      403,
      'AccessDenied',
    ],
    [
      'an escape that there is not',
      () => withPolicy(policyText({}).replace('"key"', '"k\\ey"')),
      400,
      'InvalidPolicyDocument',
    ],
    ['another value than eq', () => withConditions(['eq', '$key', 'refuse']), 403, 'AccessDenied'],
    [
      'another beginning than starts-with',
      () => withConditions(['starts-with', '$key', 'efused']),
      403,
      'AccessDenied',
    ],
    ['a file below its range', () => withConditions(['content-length-range', 8, 9]), 400, 'EntityTooSmall'],
    ['a file above its range', () => withConditions(['content-length-range', 0, 6]), 400, 'EntityTooLarge'],
    [
      'a file outside one of two ranges',
      () => withConditions(['content-length-range', 0, 9], ['content-length-range', 0, 6]),
      400,
      'EntityTooLarge',
    ],
    [
      'a range without a bound',
      () => withConditions(['content-length-range', 0]),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'a range with a third bound',
      () => withConditions(['content-length-range', 0, 9, 9]),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'a range with a bound that is no number',
      () => withConditions(['content-length-range', 'a', 9]),
      403,
      'AccessDenied',
    ],
    [
      'a range with a negative bound',
      () => withConditions(['content-length-range', -1, 9]),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'an expired policy',
      () => signedForm({ key: 'refused', expiration: new Date(Date.now() - 1000).toISOString() }),
      403,
      'AccessDenied',
    ],
    ['a policy without expiration', () => withPolicy('{"conditions":[]}'), 400, 'InvalidPolicyDocument'],
    [
      'expiration in another case',
      () => withPolicy(policyOf({ expiration: undefined, Expiration: inAMinute() })),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'an expiration that is no date',
      () => signedForm({ key: 'refused', expiration: 'tomorrow' }),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'an expiration that is no such date',
      () => signedForm({ key: 'refused', expiration: '2040-13-45T00:00:00Z' }),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'an expiration that is a number',
      () => signedForm({ key: 'refused', expiration: 4e12 }),
      400,
      'InvalidPolicyDocument',
    ],
    ['a policy that is not base64', () => resigned('n%t base64'), 400, 'InvalidPolicyDocument'],
    ['a policy that is not there at all', () => resigned(''), 400, 'InvalidPolicyDocument'],
    ['a policy that is not JSON', () => withPolicy('{not json'), 400, 'InvalidPolicyDocument'],
    ['a policy that is no object', () => withPolicy('[]'), 400, 'InvalidPolicyDocument'],
    [
      'a policy without conditions',
      () => withPolicy(policyOf({ conditions: undefined })),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'conditions in another case',
      () => withPolicy(policyOf({ conditions: undefined, Conditions: [] })),
      400,
      'InvalidPolicyDocument',
    ],
    [
      'conditions that are no list',
      () => withPolicy(policyOf({ conditions: {} })),
      400,
      'InvalidPolicyDocument',
    ],
    ['an empty policy', () => withPolicy('{}'), 400, 'InvalidPolicyDocument'],
    [
      'a policy with something else in it',
      () => withPolicy(policyOf({ more: true })),
      400,
      'InvalidPolicyDocument',
    ],
    ['an empty condition', () => withConditions({}), 400, 'InvalidPolicyDocument'],
    ['a condition of two properties', () => withConditions({ a: 'b', c: 'd' }), 400, 'InvalidPolicyDocument'],
    [
      'a condition whose value is no string',
      () => withConditions({ 'content-type': 1 }),
      400,
      'InvalidPolicyDocument',
    ],
    ['a condition that is no object', () => withConditions('key'), 400, 'InvalidPolicyDocument'],
    ['an empty list for a condition', () => withConditions([]), 400, 'InvalidPolicyDocument'],
    ['an unknown operation', () => withConditions(['ends-with', '$key', 'd']), 400, 'InvalidPolicyDocument'],
    [
      'an operation with too much',
      () => withConditions(['eq', '$key', 'refused', 'x']),
      400,
      'InvalidPolicyDocument',
    ],
    ['an operation with too little', () => withConditions(['eq', '$key']), 400, 'InvalidPolicyDocument'],
    ['a field named without $', () => withConditions(['eq', 'key', 'refused']), 403, 'AccessDenied'],
    [
      'a policy changed after signing',
      () => changed(form(), 'policy', Buffer.from(policyOf({})).toString('base64')),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a changed signature',
      () => changed(form(), 'x-amz-signature', '0'.repeat(64)),
      403,
      'SignatureDoesNotMatch',
    ],
    ['an empty signature', () => changed(form(), 'x-amz-signature', ''), 403, 'SignatureDoesNotMatch'],
    ['no signature', () => changed(form(), 'x-amz-signature', undefined), 400, 'InvalidArgument'],
    ['no policy', () => changed(form(), 'policy', undefined), 400, 'InvalidArgument'],
    ['no policy and no signature', () => [['key', 'refused']], 403, 'AccessDenied'],
    ['no credential', () => changed(form(), 'x-amz-credential', undefined), 400, 'InvalidArgument'],
    ['no algorithm', () => changed(form(), 'x-amz-algorithm', undefined), 400, 'InvalidArgument'],
    [
      'a key and a policy alone',
      () => form().filter(([name]) => /^(key|policy)$/.test(name)),
      403,
      'AccessDenied',
    ],
    [
      'a signature of version 2',
      () => [
        ['key', 'refused'],
        ['AWSAccessKeyId', 'a'],
        ['signature', 'b'],
      ],
      400,
      'InvalidRequest',
    ],
    ['no date', () => changed(form(), 'x-amz-date', undefined), 400, 'InvalidArgument'],
    ['a date that is none', () => changed(form(), 'x-amz-date', 'today'), 403, 'AccessDenied'],
    ['another algorithm', () => changed(form(), 'x-amz-algorithm', 'AWS4-HMAC-SHA1'), 400, 'InvalidArgument'],
    [
      'an unknown access key',
      () => credential(today(), REGION, 's3', 'ASIAOTHER'),
      403,
      'InvalidAccessKeyId',
    ],
    ['a credential of another date', () => credential('20200101'), 400, 'AuthorizationHeaderMalformed'],
    [
      'a credential of another region',
      () => credential(today(), 'us-east-1'),
      400,
      'AuthorizationHeaderMalformed',
    ],
    [
      'a credential of another service',
      () => credential(today(), REGION, 'sqs'),
      400,
      'AuthorizationHeaderMalformed',
    ],
    ['no session token', () => changed(form(), 'x-amz-security-token', undefined), 403, 'AccessDenied'],
    [
      'a form signed without the session token',
      () => {
        const conditions = signedFormConditions().filter((it) => !('x-amz-security-token' in it));
        return changed(withPolicy(policyOf({ conditions })), 'x-amz-security-token', undefined);
      },
      403,
      'AccessDenied',
    ],
    ['another session token', () => changed(form(), 'x-amz-security-token', 'other'), 403, 'AccessDenied'],
    ['no key', () => changed(form(), 'key', undefined), 400, 'InvalidArgument'],
    ['an empty key', () => changed(form(), 'key', ''), 400, 'InvalidArgument'],
    ['a key of 1025 bytes', () => signedForm({ key: `${'ü'.repeat(512)}x` }), 400, 'KeyTooLongError'],
    ['two keys', () => [...form(), ['Key', 'refused']], 400, 'InvalidArgument'],
    [
      'a policy for another bucket',
      () => withPolicy(policyOf({ conditions: [{ bucket: 'other-bucket' }] })),
      403,
      'AccessDenied',
    ],
    [
      'a policy that names no bucket',
      () => withPolicy(policyOf({ conditions: signedFormConditions().filter((it) => !('bucket' in it)) })),
      403,
      'AccessDenied',
    ],
    ['a field that names another bucket', () => [...form(), ['bucket', 'other-bucket']], 403, 'AccessDenied'],
    ["a SHA-256 that is not the file's", () => summed('sha256', sha256('other')), 400, 'BadDigest'],
    ['a SHA-256 that is not base64', () => summed('sha256', '*'.repeat(44)), 400, 'InvalidRequest'],
    ['a SHA-256 that is too short', () => summed('sha256', sha256('x').slice(4)), 400, 'InvalidRequest'],
    ['a SHA-256 in hex', () => summed('sha256', '0'.repeat(64)), 400, 'InvalidRequest'],
    [
      'two checksums',
      () => summed('sha256', sha256('content'), ['x-amz-checksum-crc32', 'AAAAAA==']),
      400,
      'InvalidRequest',
    ],
    [
      'a checksum of another algorithm than named',
      () => summed('sha256', sha256('content'), ['x-amz-checksum-algorithm', 'SHA1']),
      400,
      'InvalidRequest',
    ],
    ['a checksum that it cannot compute', () => summed('crc32', 'AAAAAA=='), 501, 'NotImplemented'],
    [
      'tagging',
      () => signedForm({ key: 'refused', ...field('tagging', '<Tagging/>') }),
      501,
      'NotImplemented',
    ],
    [
      'a Content-Type that no header can hold',
      () => signedForm({ key: 'refused', ...field('content-type', 'a\nb') }),
      400,
      'InvalidArgument',
    ],
    [
      'a name of metadata that no header can have',
      () => signedForm({ key: 'refused', ...field('x-amz-meta-a b', 'c') }),
      400,
      'InvalidArgument',
    ],
    [
      'metadata over 2 KB',
      () => signedForm({ key: 'refused', ...field('x-amz-meta-a', 'x'.repeat(2048)) }),
      400,
      'MetadataTooLarge',
    ],
  ];
  it.each(['a$$b.csv', '~$draft.docx', '$key', 'a$'])(
    'a dollar sign without a backslash in the policy: %s',
    async (name) => {
      const key = `refused/${name}`;
      const answer = await postForm(server.url, signedForm({ key }));
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
      expect(answer.body.replaceAll('&quot;', '"')).toContain(
        `Invalid according to Policy: Policy Condition failed: ["eq", "$key", "${key}"]`,
      );
      nothingStored(key);
    },
  );

  it.each(refused)('%s', async (_, fields, status, code) => {
    const answer = await postForm(server.url, fields());
    expect({ status: answer.status, code: answer.code }, answer.body).toEqual({ status, code });
    nothingStored('refused');
  });

  it('a form for one bucket at another', async () => {
    expect(await postForm(server.url, form(), 'content', 'other-bucket')).toMatchObject({
      status: 403,
      code: 'AccessDenied',
    });
    expect(server.store.find('other-bucket', 'refused')).toBeUndefined();
  });

  it('a bucket that there is not', async () => {
    expect(await postForm(server.url, form(), 'content', 'no-bucket')).toMatchObject({
      status: 404,
      code: 'NoSuchBucket',
    });
  });

  const parts = () => form().map(([name, value]) => ({ name, value }));

  it('a form without a file', async () => {
    expect(await postParts(server.url, parts())).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });

  it('a form with two files', async () => {
    const file = { name: 'file', value: 'content', filename: 'a.txt' };
    expect(await postParts(server.url, [...parts(), file, file])).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    });
    nothingStored('refused');
  });

  it('over 20 KB of form before the file, and takes just less', async () => {
    const filled = (bytes: number) => {
      const file = { name: 'file', value: 'content' };
      const ignored = { name: 'x-ignore-a', value: 'x'.repeat(bytes) };
      return postParts(server.url, [
        ...signedForm({ key: 'filled' }).map(([name, value]) => ({ name, value })),
        ignored,
        file,
      ]);
    };
    const bytes = formBody(
      [
        ...signedForm({ key: 'filled' }).map(([name, value]) => ({ name, value })),
        { name: 'x-ignore-a', value: '' },
        { name: 'file', value: '' },
      ],
      { end: false },
    ).length;
    const most = 20 * 1024 - bytes;
    expect(await filled(most + 200)).toMatchObject({ status: 400, code: 'MaxPostPreDataLengthExceeded' });
    nothingStored('filled');
    expect(await filled(most)).toMatchObject({ status: 204 });
  });

  it('a body without Content-Length', async () => {
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const post = request(`${server.url}/${BUCKET}`, {
        method: 'POST',
        headers: { 'content-type': FORM_TYPE },
      });
      post.on('error', reject).on('response', async (response) => {
        const body = (await response.toArray()).join('');
        resolve({ status: response.statusCode, body });
      });
      post.write(formBody(parts()));
      post.end();
    });
    expect(answer.status).toBe(411);
    expect(answer.body).toContain('<Code>MissingContentLength</Code>');
  });

  it.each([
    ['no multipart/form-data', 'text/plain', 412, 'PreconditionFailed'],
    ['no boundary', 'multipart/form-data', 400, 'MalformedPOSTRequest'],
  ])('a content type with %s', async (_, type, status, code) => {
    const response = await fetch(`${server.url}/${BUCKET}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: 'x',
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });

  it.each([true, false])('a form that ends too early, in its file: %s', async (inFile) => {
    const file = inFile ? [{ name: 'file', value: 'content' }] : [];
    const response = await fetch(`${server.url}/${BUCKET}`, {
      method: 'POST',
      headers: { 'content-type': FORM_TYPE },
      body: new Uint8Array(formBody([...parts(), ...file], { end: false })),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('<Code>MalformedPOSTRequest</Code>');
    nothingStored('refused');
  });
});

/** A field and its condition. */
function field(name: string, value: string, condition = name): Pick<FormOptions, 'fields' | 'conditions'> {
  return { fields: [[name, value]], conditions: [{ [condition]: value }] };
}

function summed(algorithm: string, value: string, ...more: (readonly [string, string])[]) {
  const fields = [[`x-amz-checksum-${algorithm}`, value] as const, ...more];
  return signedForm({ key: 'refused', fields, conditions: fields.map(([name, it]) => ({ [name]: it })) });
}

/** A form whose policy field is that text, signed as it is. */
function resigned(policy: string) {
  const fields = changed(signedForm({ key: 'refused' }), 'policy', policy);
  return changed(fields, 'x-amz-signature', signPolicy(policy, today()));
}

/** The JSON of the policy that a form is signed with by default. */
function policyText(form: FormOptions): string {
  const policy = signedForm(form).find(([name]) => name === 'policy')?.[1] ?? '';
  return Buffer.from(policy, 'base64').toString();
}

function signedFormConditions(): object[] {
  return JSON.parse(policyText({ key: 'refused' })).conditions;
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '');
}

function inAMinute(): string {
  return new Date(Date.now() + 60_000).toISOString();
}
