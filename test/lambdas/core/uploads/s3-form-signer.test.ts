import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UploadForm } from '#core/uploads/form-signer';
import { S3FormSigner } from '#core/uploads/s3-form-signer';
import { S3ObjectStore } from '#core/uploads/s3-object-store';
import { ACCOUNT_ID } from '../../../../local/template/account.ts';
import { BUCKET, postForm, startAws, type TestAws } from '../../../support/aws.ts';

let aws: TestAws;
let client: S3Client;
let forms: S3FormSigner;

beforeAll(async () => {
  aws = await startAws();
  client = new S3Client({ maxAttempts: 1, credentials: aws.sessionCredentials({ tenant_id: 't_acme' }) });
  forms = new S3FormSigner(client);
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
