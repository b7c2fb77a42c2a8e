import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UploadForm } from '#core/object-store';
import { S3ObjectStore } from '#core/s3-object-store';
import { ACCOUNT_ID } from '../../../local/account.ts';
import { BUCKET, postForm, startAws, type TestAws } from '../../support/aws.ts';
import { objectStoreContract } from '../../support/object-store-contract.ts';

let aws: TestAws;
let client: S3Client;
let store: S3ObjectStore;

beforeAll(async () => {
  aws = await startAws();
  client = new S3Client({
    maxAttempts: 1,
    credentials: aws.sessionCredentials({ tenant_id: 't_acme' }),
  });
  store = new S3ObjectStore(client, BUCKET, ACCOUNT_ID);
});

afterAll(async () => {
  client.destroy();
  await aws.close();
});

const form: UploadForm = {
  key: 'tenants/t_acme/dev/raw/1/a.txt',
  contentType: 'text/plain',
  minBytes: 5,
  maxBytes: 5,
  sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  expirySeconds: 60,
};

describe('the object store in S3', () => {
  objectStoreContract(
    () => store,
    async (form, bytes) => {
      expect((await postForm(await store.signForm(form), bytes)).status).toBe(201);
    },
  );

  it('signs a form that names every field exactly, and nothing by its beginning', async () => {
    const { fields } = await store.signForm(form);
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
    expect(JSON.stringify(conditions)).not.toMatch(/starts-with|acl|tagging/i);
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
    const signed = await store.signForm(form);
    const response = await postForm(
      { ...signed, fields: { ...signed.fields, ...change } },
      Buffer.from(bytes),
    );
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
    expect(await store.describe(form.key)).toBeUndefined();
  });

  it('says that the store is out of reach', async () => {
    const offline = new S3ObjectStore(
      new S3Client({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 }),
      BUCKET,
      ACCOUNT_ID,
    );
    await expect(offline.describe('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(offline.hash('a', 'b')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

// A role without ListBucket is answered 403 for what is not there: this server answers HeadObject as S3 does then.
describe('where a missing object is answered with 403', () => {
  const describeWith = async (versions: string | undefined) => {
    const server = createServer((request, response) => {
      if (request.method === 'HEAD' || versions === undefined) return void response.writeHead(403).end();
      response.end(`<ListVersionsResult>${versions}</ListVersionsResult>`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const denied = new S3Client({ endpoint, maxAttempts: 1 });
    try {
      return await new S3ObjectStore(denied, BUCKET, ACCOUNT_ID).describe('a.txt');
    } finally {
      denied.destroy();
      server.close();
    }
  };
  const version = (key: string) => `<Version><Key>${key}</Key><VersionId>1</VersionId></Version>`;

  it('nothing is there where the list of versions has not the exact key', async () => {
    expect(await describeWith('')).toBeUndefined();
    expect(await describeWith(version('a.txt.bak'))).toBeUndefined();
  });

  it('nothing is there where the current version is a delete marker', async () => {
    expect(await describeWith('<DeleteMarker><Key>a.txt</Key></DeleteMarker>')).toBeUndefined();
  });

  it('access is what is missing where the key is in the list, or the list is denied', async () => {
    await expect(describeWith(version('a.txt'))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(describeWith(undefined)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
