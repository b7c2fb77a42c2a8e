import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeclaredContentType } from '#contract/declared-content-type';
import { Filename } from '#contract/filename';
import { objectKey } from '#core/assets/object-location';
import type { UploadForm } from '#core/uploads/form-signer';
import { S3FormSigner } from '#core/uploads/s3-form-signer';
import { S3ObjectStore } from '#core/uploads/s3-object-store';
import { ACCOUNT_ID } from '../../../../local/template/account.ts';
import { declaredContentType, filename, keyParts } from '../../../support/arbitraries.ts';
import { BUCKET, postForm, startAws, type TestAws } from '../../../support/aws.ts';
import { readPolicy } from '../../../support/s3-policy.ts';

let aws: TestAws;
let client: S3Client;
let forms: S3FormSigner;

beforeAll(async () => {
  aws = await startAws();
  const config = { maxAttempts: 1, credentials: aws.sessionCredentials({ tenant_id: 't_acme' }) };
  client = new S3Client(config);
  forms = new S3FormSigner(config);
});

afterAll(async () => {
  client.destroy();
  await aws.close();
});

const form: UploadForm = {
  bucket: BUCKET,
  key: 'tenants/t_acme/dev/raw/1/a.txt',
  contentType: 'text/plain',
  minBytes: 5,
  maxBytes: 5,
  sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  upload: 'life-1',
  expirySeconds: 60,
};

describe('forms signed for S3', () => {
  it('signs a form that names every field exactly, and nothing by its beginning', async () => {
    const { fields } = await forms.signForm(form);
    const { conditions } = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString());
    expect(conditions).toEqual(
      expect.arrayContaining([
        { bucket: BUCKET },
        { key: form.key },
        { 'Content-Type': 'text/plain' },
        { success_action_status: '201' },
        { 'x-amz-meta-upload': 'life-1' },
        { 'x-amz-checksum-sha256': 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=' },
        ['content-length-range', 5, 5],
      ]),
    );
    const named = conditions.flatMap((condition: object) =>
      Array.isArray(condition) ? [] : Object.keys(condition),
    );
    expect(named).toEqual(
      expect.arrayContaining(Object.keys(fields).filter((name) => !/^(Policy|X-Amz-Signature)$/.test(name))),
    );
    expect(named.join()).not.toMatch(/acl|tagging/i);
    // Of conditions that are lists, only the one on the size.
    expect(conditions.filter(Array.isArray)).toHaveLength(1);
  });

  it.each([
    ['another byte', {}, 'hellO', 'BadDigest'],
    ['a byte more', {}, 'hello!', 'EntityTooLarge'],
    ['a byte less', {}, 'hell', 'EntityTooSmall'],
    ['another key', { key: 'tenants/t_other/dev/raw/1/a.txt' }, 'hello', 'AccessDenied'],
    ['another type', { 'Content-Type': 'text/html' }, 'hello', 'AccessDenied'],
    ['another life', { 'x-amz-meta-upload': 'life-2' }, 'hello', 'AccessDenied'],
    ['an ACL', { acl: 'public-read' }, 'hello', 'AccessDenied'],
    ['tags', { tagging: '<Tagging/>' }, 'hello', 'AccessDenied'],
  ])('signs no form for %s', async (_what, change, bytes, code) => {
    const signed = await forms.signForm(form);
    const response = await postForm(
      { ...signed, fields: { ...signed.fields, ...change } },
      Buffer.from(bytes),
    );
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
    expect(await new S3ObjectStore(client, BUCKET, ACCOUNT_ID).describe(form.key)).toBeUndefined();
  });
});

describe('a form for any accepted name and type', () => {
  const form: UploadForm = {
    bucket: BUCKET,
    key: '',
    contentType: '',
    minBytes: 0,
    maxBytes: 5,
    sha256: undefined,
    upload: 'life-1',
    expirySeconds: 60,
  };
  const signed = async (key: string, contentType: string) => {
    const { fields } = await forms.signForm({ ...form, key, contentType });
    return { fields, policy: readPolicy(fields['Policy'] ?? '') };
  };

  it('has a policy that S3 reads as its fields', async () => {
    const dollars = fc
      .array(fc.constantFrom('$', '$$', 'a', '{', '}', '"', "'", 'é', '文', '\u{1F4A9}', ' '), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => parts.join(''))
      .filter((name) => v.is(Filename, name));
    await fc.assert(
      fc.asyncProperty(
        keyParts,
        fc.oneof(filename, dollars),
        declaredContentType,
        async (parts, name, type) => {
          const key = objectKey({ ...parts, filename: name });
          const contentType = v.parse(DeclaredContentType, type) ?? '';
          const { fields, policy } = await signed(key, contentType);
          const { Policy: _, 'X-Amz-Signature': __, ...bound } = fields;
          expect(fields).toMatchObject({ key, 'Content-Type': contentType });
          expect(Object.assign({}, ...policy.conditions.filter((one) => !Array.isArray(one)))).toEqual(bound);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a$$b.csv', 'text/csv'],
    ['~$draft.docx', 'application/octet-stream'],
    ['日本語 é🗂$.txt', 'a/b;c=$x'],
    ['"quoted" \'name\'', 'video/webm;codecs="vp8,opus"'],
    ['a', 'a/b;c="\\"\\\\$"'],
  ])('is taken by the store: %s, %s', async (name, contentType) => {
    const key = `tenants/t_acme/dev/raw/2/${name}`;
    const { fields } = await signed(key, contentType);
    expect(
      (await postForm({ url: (await forms.signForm(form)).url, fields }, Buffer.from('hello'))).status,
    ).toBe(201);
    const stored = await new S3ObjectStore(client, BUCKET, ACCOUNT_ID).describe(key);
    expect(stored).toMatchObject({ sizeBytes: 5, contentType });
  });

  it('is within what S3 takes, however long its parts are', async () => {
    const longest = { tenant_id: 'T'.repeat(64), env: 'e'.repeat(16), asset_id: randomUUID() };
    const names = [
      '文'.repeat(200),
      `${'\u{1F4A9}'.repeat(150)}`,
      `${'ü'.repeat(250)}${'文'.repeat(5)}`,
      '$'.repeat(255),
    ];
    for (const name of names) {
      expect(v.parse(Filename, name)).toBe(name);
      const key = objectKey({ ...longest, filename: name });
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
      const { fields } = await signed(key, `a/b;c="${'$ '.repeat(122)}"`);
      // Of the 20 KB that S3 takes before the file; each part has some 80 bytes around it.
      const bytes = Object.entries(fields).reduce(
        (sum, field) => sum + Buffer.byteLength(field.join()) + 80,
        0,
      );
      expect(bytes).toBeLessThan(20 * 1024 - 4096);
    }
  });
});
