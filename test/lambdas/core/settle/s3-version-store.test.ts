import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { S3VersionStore } from '#core/settle/s3-version-store';
import { FUNCTION_NAMES } from '../../../../lib/function-names.ts';
import type { LocalCredentials } from '../../../../local/iam/signer.ts';
import { ACCOUNT_ID } from '../../../../local/template/account.ts';
import { BUCKET, roleArn, startAws, type TestAws } from '../../../support/aws.ts';
import { startRefusingAws } from '../../../support/refusing-aws.ts';
import { versionStoreContract } from '../../../support/version-store-contract.ts';

let aws: TestAws;
const clients: S3Client[] = [];

function clientOf(credentials: LocalCredentials): S3Client {
  const client = new S3Client({ maxAttempts: 1, credentials });
  clients.push(client);
  return client;
}

/** A session with these tags, as STS would give it. */
function sessionOf(role: 'purge-role' | 'tenant-role', tags: Readonly<Record<string, string>>) {
  const found = aws.iam.role(roleArn(role));
  if (found === undefined) throw new Error(`The stack has no ${role}`);
  return clientOf(aws.iam.startSession(found, 'test', tags, 3600).credentials);
}

/** As a post would; the embedded S3 takes no PutObject. */
async function put(key: string, text: string): Promise<string> {
  const upload = aws.store.stage();
  upload.write(Buffer.from(text));
  const at = { bucket: BUCKET, key, headers: {}, keepsSha256: false };
  return (await aws.store.commit(upload, await upload.seal(), at)).versionId;
}

beforeAll(async () => {
  aws = await startAws({ as: 'administrator' });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await aws?.close();
});

describe('the versions in S3', () => {
  versionStoreContract(
    () => new S3VersionStore(sessionOf('purge-role', { tenant_id: 't_acme' }), BUCKET, ACCOUNT_ID),
    put,
  );

  it('are listed over all pages', async () => {
    const key = 'tenants/t_acme/dev/raw/pages/a.txt';
    // S3 answers a thousand at a time.
    const ids: string[] = [];
    for (let count = 0; count < 1005; count++) ids.push(await put(key, String(count)));
    const store = new S3VersionStore(sessionOf('purge-role', { tenant_id: 't_acme' }), BUCKET, ACCOUNT_ID);
    expect((await store.list(key)).toSorted()).toEqual(ids.toSorted());
  });

  it('are not touched in a bucket that another account has taken over', async () => {
    const key = 'tenants/t_acme/dev/raw/other/a.txt';
    const id = await put(key, 'a');
    const client = sessionOf('purge-role', { tenant_id: 't_acme' });
    const foreign = new S3VersionStore(client, BUCKET, '999988887777');
    await expect(foreign.remove(key, id)).rejects.toThrow();
    await expect(foreign.list(key)).rejects.toThrow();
    expect(await new S3VersionStore(client, BUCKET, ACCOUNT_ID).list(key)).toEqual([id]);
  });

  it('are out of reach where S3 is', async () => {
    const offline = new S3VersionStore(
      new S3Client({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 }),
      BUCKET,
      ACCOUNT_ID,
    );
    await expect(offline.list('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(offline.remove('a', 'v')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['NoSuchVersion', true],
    ['NoSuchKey', true],
    ['NoSuchBucket', false],
    ['AccessDenied', false],
  ])('are gone where S3 answers %s: %s', async (code, isGone) => {
    const refusing = await startRefusingAws({ json: {}, head: {} });
    const client = new S3Client({
      endpoint: refusing.url,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: aws.iam.administrator,
    });
    refusing.refuse('s3', code);
    const removal = new S3VersionStore(client, BUCKET, ACCOUNT_ID).remove('a', 'v');
    if (isGone) await removal;
    else await expect(removal).rejects.toThrow();
    client.destroy();
    await refusing.close();
  });
});

describe('who may delete a version', () => {
  const key = 'tenants/t_acme/dev/raw/who/a.txt';
  const isDeleted = async (by: S3Client) => {
    const id = await put(key, 'a');
    const command = new DeleteObjectCommand({ Bucket: BUCKET, Key: key, VersionId: id });
    const error = await by.send(command).then(
      () => undefined,
      ({ name }) => name,
    );
    const stored = [...aws.store.keys(BUCKET)].find(([name]) => name === key)?.[1] ?? [];
    const isGone = stored.every(({ versionId }) => versionId !== id);
    expect(error).toBe(isGone ? undefined : 'AccessDenied');
    return isGone;
  };

  test('a session of the purge role, of the tenant itself', async () => {
    expect(await isDeleted(sessionOf('purge-role', { tenant_id: 't_acme' }))).toBe(true);
  });

  test.each([
    [{ tenant_id: 't_acm' }],
    [{ tenant_id: 't_acme2' }],
    [{ tenant_id: '*' }],
    [{ tenant_id: '' }],
    [{}],
  ])('not one of another tag: %j', async (tags) => {
    expect(await isDeleted(sessionOf('purge-role', tags))).toBe(false);
  });

  test('not the tenant role, nor any function, nor whoever may do anything', async () => {
    const others = [
      sessionOf('tenant-role', { tenant_id: 't_acme' }),
      ...FUNCTION_NAMES.map((name) => clientOf(aws.iam.credentialsOf(roleArn(`${name}-role`)))),
      clientOf(aws.iam.administrator),
    ];
    for (const other of others) expect(await isDeleted(other)).toBe(false);
  });

  test('not those who may, without naming the version: nobody marks an object as deleted', async () => {
    await put(key, 'a');
    const command = new DeleteObjectCommand({ Bucket: BUCKET, Key: key });
    const purger = sessionOf('purge-role', { tenant_id: 't_acme' });
    await expect(purger.send(command)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
