import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UploadForm } from '#core/uploads/form-signer';
import { S3FormSigner } from '#core/uploads/s3-form-signer';
import { S3ObjectStore } from '#core/uploads/s3-object-store';
import { ACCOUNT_ID } from '../../../../local/template/account.ts';
import { BUCKET, postForm, startAws, type TestAws } from '../../../support/aws.ts';
import { objectStoreContract } from '../../../support/object-store-contract.ts';

let aws: TestAws;
let client: S3Client;
let store: S3ObjectStore;
let forms: S3FormSigner;

beforeAll(async () => {
  aws = await startAws();
  const config = { maxAttempts: 1, credentials: aws.sessionCredentials({ tenant_id: 't_acme' }) };
  client = new S3Client(config);
  store = new S3ObjectStore(client, BUCKET, ACCOUNT_ID);
  forms = new S3FormSigner(config);
});

afterAll(async () => {
  client.destroy();
  await aws.close();
});

describe('the object store in S3', () => {
  objectStoreContract(
    () => store,
    async (form, bytes) => {
      expect((await postForm(await forms.signForm({ bucket: BUCKET, ...form }), bytes)).status).toBe(201);
    },
  );

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

it('asks nothing of a bucket that another account has taken over', async () => {
  const key = 'tenants/t_acme/dev/raw/2/a.txt';
  const form = {
    key,
    contentType: 'text/plain',
    minBytes: 0,
    maxBytes: 10,
    sha256: undefined,
    upload: 'life-1',
  };
  const signed = await forms.signForm({ ...form, bucket: BUCKET, expirySeconds: 60 } as UploadForm);
  expect((await postForm(signed, Buffer.from('abc'))).status).toBe(201);
  const { versionId = '' } = (await store.describe(key)) ?? {};
  const theirs = new S3ObjectStore(client, BUCKET, '999988887777');
  await expect(theirs.describe(key)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(theirs.describe(`${key}.missing`)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(theirs.hash(key, versionId)).rejects.toMatchObject({ code: 'unavailable' });
});

// A role without ListBucket is answered 403 for what is not there: this server answers HeadObject as S3 does then.
describe('where a missing object is answered with 403', () => {
  const describeWith = async (versions: string | undefined, status = 403) => {
    const server = createServer((request, response) => {
      if (request.method === 'HEAD' || versions === undefined) return void response.writeHead(status).end();
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

  it('an expired token, which HEAD answers with 400 and no word of it, is not taken for a missing object', async () => {
    await expect(describeWith(undefined, 400)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(describeWith(version('a.txt'), 400)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
