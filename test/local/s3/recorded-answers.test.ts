import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  answerOf,
  changed,
  FORM_TYPE,
  type FormOptions,
  formBody,
  postForm,
  postParts,
  signedForm,
} from '../../support/post-form.ts';
import { BUCKET, CREDENTIALS, REGION, type S3Server, startS3Server } from '../../support/s3-server.ts';

/**
 * What AWS answered when LocalStack's tests were run against it (snapshots of 2026-02-21, tests/aws/services/s3), and what
 * reports from the field quote of S3's answers.
 */
let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());

const form = (options: FormOptions = {}) => signedForm({ key: 'recorded', ...options });
const without = (...names: string[]) =>
  names.reduce<ReturnType<typeof changed>>((fields, name) => changed(fields, name, undefined), form());
const post = (options: FormOptions, file = 'content') => postForm(server.url, form(options), file);
const field = (name: string, value: string): FormOptions => ({
  fields: [[name, value]],
  conditions: [{ [name]: value }],
});

/** The elements of an error, but for its request's id. */
function errorOf({ status, body }: Answer): Record<string, string | number> {
  const [, error = ''] = /<Error>(.*)<\/Error>/s.exec(body) ?? [];
  const elements = [...error.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', text = '']) => [
    name,
    text.replaceAll('&quot;', '"').replaceAll('&apos;', "'"),
  ]);
  const { RequestId, ...rest } = Object.fromEntries(elements);
  expect(RequestId).toMatch(/^[0-9a-f-]{36}$/);
  return { status, ...rest };
}

const missing = (name: string) => ({
  status: 400,
  Code: 'InvalidArgument',
  Message: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
  ArgumentName: name,
  ArgumentValue: '',
});
const failed = (condition: string) => ({
  status: 403,
  Code: 'AccessDenied',
  Message: `Invalid according to Policy: Policy Condition failed: ${condition}`,
});

describe('a form that is not signed as it should be', () => {
  it.each([
    ['X-Amz-Signature', ['x-amz-signature']],
    ['X-Amz-Algorithm', ['x-amz-algorithm', 'x-amz-credential']],
    ['X-Amz-Credential', ['x-amz-credential']],
    ['X-Amz-Date', ['x-amz-date']],
    ['key', ['key']],
  ])('lacks %s', async (name, fields) => {
    expect(errorOf(await postForm(server.url, without(...fields)))).toEqual(missing(name));
  });

  it('has a key and a policy alone', async () => {
    const fields = form().filter(([name]) => name === 'key' || name === 'policy');
    expect(errorOf(await postForm(server.url, fields))).toEqual({
      status: 403,
      Code: 'AccessDenied',
      Message: 'Access Denied',
    });
  });

  it('has a policy that was changed', async () => {
    const [, policy = ''] = form().find(([name]) => name === 'policy') ?? [];
    const fields = changed(form(), 'policy', policy.slice(0, -2));
    const [, signature] = fields.find(([name]) => name === 'x-amz-signature') ?? [];
    expect(errorOf(await postForm(server.url, fields))).toEqual({
      status: 403,
      Code: 'SignatureDoesNotMatch',
      Message:
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      AWSAccessKeyId: CREDENTIALS.accessKeyId,
      StringToSign: policy.slice(0, -2),
      SignatureProvided: signature,
      StringToSignBytes: Buffer.from(policy.slice(0, -2)).toString('hex').match(/../g)?.join(' '),
    });
  });

  it('is of signature version 2', async () => {
    const fields = [
      ['key', 'recorded'],
      ['AWSAccessKeyId', 'AKIAEXAMPLE'],
      ['policy', 'e30='],
      ['signature', 'c2lnbmF0dXJl'],
    ] as const;
    expect(errorOf(await postForm(server.url, fields))).toEqual({
      status: 400,
      Code: 'InvalidRequest',
      Message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    });
  });

  it('names an access key that there is not', async () => {
    const credential = `AKIAEXAMPLE/20260101/${REGION}/s3/aws4_request`;
    expect(errorOf(await post({ credential }))).toMatchObject({
      status: 403,
      Code: 'InvalidAccessKeyId',
      AWSAccessKeyId: 'AKIAEXAMPLE',
    });
  });

  it.each([
    ['Bearer a.b.c', 'Unsupported Authorization Type'],
    ['Basic dTpw', 'Unsupported Authorization Type'],
    ['AWS4-HMAC-SHA256 Credential=a', expect.stringMatching(/^Only one auth mechanism allowed/)],
  ])('comes with the header Authorization: %s', async (authorization, Message) => {
    const parts = [...form(), ['file', 'content'] as const].map(([name, value]) => ({ name, value }));
    const answer = await fetch(`${server.url}/${BUCKET}`, {
      method: 'POST',
      headers: { authorization, 'content-type': FORM_TYPE },
      body: new Uint8Array(formBody(parts)),
    });
    const error = { status: 400, Code: 'InvalidArgument', Message };
    const argument = { ArgumentName: 'Authorization', ArgumentValue: authorization };
    expect(errorOf(await answerOf(answer))).toEqual({ ...error, ...argument });
    expect(server.store.find(BUCKET, 'recorded')).toBeUndefined();
  });
});

describe('a policy', () => {
  it.each([
    [['eq', '$key', 'another'], '["eq", "$key", "another"]'],
    [['eq', '$Key', 'Recorded'], '["eq", "$Key", "Recorded"]'],
    [['starts-with', '$key', 'http://localhost'], '["starts-with", "$key", "http://localhost"]'],
    [['eq', 'key', 'recorded'], '["eq", "key", "recorded"]'],
    [{ key: 'another' }, '["eq", "$key", "another"]'],
    [['content-length-range', 'test', 10], '["content-length-range", "test", "10"]'],
    [['content-length-range', 0, ''], '["content-length-range", "0", ""]'],
  ])('refuses by the condition %j', async (condition, text) => {
    expect(errorOf(await post({ conditions: [condition] }))).toEqual(failed(text));
  });

  it('is refused that has a condition of two properties', async () => {
    expect(errorOf(await post({ conditions: [{ bucket: BUCKET, key: 'recorded' }] }))).toMatchObject({
      status: 400,
      Code: 'InvalidPolicyDocument',
    });
  });

  it('is refused when it is over', async () => {
    const expiration = new Date(Date.now() - 1000).toISOString();
    expect(errorOf(await post({ expiration }))).toEqual({
      status: 403,
      Code: 'AccessDenied',
      Message: 'Invalid according to Policy: Policy expired.',
    });
  });

  it.each([
    ['numbers', 5, 10],
    ['text', '5', '10'],
  ])('limits the size by %s', async (_, min, max) => {
    const conditions = [['content-length-range', min, max]];
    expect(errorOf(await post({ conditions }, 'a'.repeat(12)))).toEqual({
      status: 400,
      Code: 'EntityTooLarge',
      Message: 'Your proposed upload exceeds the maximum allowed size',
      ProposedSize: '12',
      MaxSizeAllowed: '10',
    });
    expect(errorOf(await post({ conditions }, 'a'))).toEqual({
      status: 400,
      Code: 'EntityTooSmall',
      Message: 'Your proposed upload is smaller than the minimum allowed size',
      ProposedSize: '1',
      MinSizeAllowed: '5',
    });
    expect((await post({ conditions }, 'a'.repeat(10))).status).toBe(204);
  });

  it('limits the size of a file that is still on its way', async () => {
    const size = 4 * 1024 * 1024;
    const conditions = [['content-length-range', 0, 10]];
    const error = errorOf(await post({ conditions }, 'a'.repeat(size)));
    expect(error).toMatchObject({ Code: 'EntityTooLarge', MaxSizeAllowed: '10' });
    expect(Number(error['ProposedSize'])).toBeGreaterThanOrEqual(size);
    expect(Number(error['ProposedSize'])).toBeLessThan(size + 100);
  });
});

it('a form of another type fails a precondition', async () => {
  const answer = await fetch(`${server.url}/${BUCKET}`, { method: 'POST', body: 'x' });
  expect(errorOf(await answerOf(answer))).toEqual({
    status: 412,
    Code: 'PreconditionFailed',
    Message: 'At least one of the pre-conditions you specified did not hold',
    Condition: 'Bucket POST must be of the enclosure-type multipart/form-data',
  });
});

it('${filename} stays in the key of a file that has no name', async () => {
  const key = 'unnamed-${filename}';
  const open = signedForm({ key: 'unnamed-', conditions: [['starts-with', '$key', 'unnamed-']] });
  const [, encoded = ''] = open.find(([name]) => name === 'policy') ?? [];
  const policy = Buffer.from(encoded, 'base64').toString().replace('{"key":"unnamed-"},', '');
  const parts = signedForm({ key, policy }).map(([name, value]) => ({ name, value }));
  expect((await postParts(server.url, [...parts, { name: 'file', value: 'content' }])).status).toBe(204);
  expect(server.store.find(BUCKET, key)?.key).toBe(key);
});

describe('a field', () => {
  it.each([
    ['Cache-Control', 'max-age=60', 'CacheControl'],
    ['Content-Disposition', 'attachment; filename="a.txt"', 'ContentDisposition'],
    ['Content-Encoding', 'gzip', 'ContentEncoding'],
    ['Content-Language', 'de-AT', 'ContentLanguage'],
    ['Content-Type', 'text/csv', 'ContentType'],
    ['Expires', 'Thu, 01 Jan 2040 00:00:00 GMT', 'ExpiresString'],
  ])('%s is kept', async (name, value, property) => {
    expect((await post({ key: name, ...field(name, value) })).status).toBe(204);
    const { Body, ...got } = await server.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: name }));
    await Body?.transformToByteArray();
    expect(got).toMatchObject({ [property]: value });
  });

  it.each(['private', 'public-read'])('acl %s is refused: the bucket enforces its owner', async (acl) => {
    expect(errorOf(await post(field('acl', acl)))).toEqual({
      status: 400,
      Code: 'AccessControlListNotSupported',
      Message: 'The bucket does not allow ACLs',
    });
  });

  it('acl that gives nobody anything is taken', async () => {
    expect((await post(field('acl', 'bucket-owner-full-control'))).status).toBe(204);
  });

  it.each(['x-amz-acl', 'x-amz-grant-read'])('%s is an ACL too', async (name) => {
    const answer = await post(field(name, 'id="a"'));
    expect(answer).toMatchObject({ status: 400, code: 'AccessControlListNotSupported' });
  });

  it.each([
    ...[
      'tagging',
      'success_action_redirect',
      'redirect',
      'Content-MD5',
      'x-amz-tagging',
      'x-amz-storage-class',
    ],
    ...['x-amz-server-side-encryption', 'x-amz-website-redirect-location', 'x-amz-object-lock-mode'],
    ...['x-amz-sdk-checksum-algorithm', 'x-amz-expires'],
  ])('%s is not implemented, and said to be', async (name) => {
    expect(errorOf(await post({ key: 'refused', ...field(name, 'x') }))).toMatchObject({
      status: 501,
      Code: 'NotImplemented',
      Header: name.toLowerCase(),
    });
    expect(server.store.find(BUCKET, 'refused')).toBeUndefined();
  });

  it('that means nothing to S3 is for the policy alone', async () => {
    expect((await post(field('name', 'a.txt'))).status).toBe(204);
    expect(await post({ fields: [['name', 'a.txt']] })).toMatchObject({ status: 403, code: 'AccessDenied' });
  });
});
