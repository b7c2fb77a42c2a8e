import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LocalCredentials } from '../../../local/iam/signer.ts';
import { REGION } from '../../../local/template/account.ts';
import { roleArn, startAws, type TestAws } from '../../support/aws.ts';

let aws: TestAws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());

const credentialsOf = (name: string) => aws.iam.credentialsOf(roleArn(`${name}-role`));

async function send(input: Partial<AssumeRoleCommandInput>, credentials?: LocalCredentials) {
  const client = new STSClient({
    endpoint: aws.url,
    region: REGION,
    credentials: credentials ?? credentialsOf('assets'),
    maxAttempts: 1,
  });
  const command = new AssumeRoleCommand({
    RoleArn: roleArn('tenant-role'),
    RoleSessionName: 't_a',
    Tags: [{ Key: 'tenant_id', Value: 't_a' }],
    ...input,
  });
  return client.send(command).finally(() => client.destroy());
}

const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

describe('AssumeRole', () => {
  test.each([undefined, 900, 3600])(
    'gives a session of %s seconds with its tags',
    async (DurationSeconds) => {
      const before = Date.now();
      const { Credentials, AssumedRoleUser } = await send({ DurationSeconds });
      const { AccessKeyId = '', SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
      const seconds = ((Expiration?.getTime() ?? 0) - before) / 1000;
      expect(Math.abs(seconds - (DurationSeconds ?? 3600))).toBeLessThan(5);
      expect(AssumedRoleUser).toEqual({
        AssumedRoleId: 'AROALOCAL:t_a',
        Arn: 'arn:aws:sts::000000000000:assumed-role/tenant-role/t_a',
      });
      expect(aws.iam.signerOf(AccessKeyId)).toMatchObject({
        credentials: {
          accessKeyId: AccessKeyId,
          secretAccessKey: SecretAccessKey,
          sessionToken: SessionToken,
        },
        expiration: Expiration,
        principal: { tags: { tenant_id: 't_a' } },
      });
    },
  );

  test.each<[string, Partial<AssumeRoleCommandInput>]>([
    ['without a tag', { Tags: undefined }],
    ['with an empty list of tags', { Tags: [] }],
    ['with a tag of another name', { Tags: [{ Key: 'tenant', Value: 't_a' }] }],
    ['with the tag in another case', { Tags: [{ Key: 'Tenant_id', Value: 't_a' }] }],
    [
      'with a second tag',
      {
        Tags: [
          { Key: 'tenant_id', Value: 't_a' },
          { Key: 'env', Value: 'prod' },
        ],
      },
    ],
    ['with a tenant of another form', { Tags: [{ Key: 'tenant_id', Value: 'a' }] }],
    ['with an empty tenant', { Tags: [{ Key: 'tenant_id', Value: '' }] }],
    ['of a role that trusts Lambda alone', { RoleArn: roleArn('publish-events-role') }],
    ['of a role that is not there', { RoleArn: roleArn('nobody') }],
  ])('is denied %s', async (_, input) => {
    await expect(send({ ...input } as Partial<AssumeRoleCommandInput>)).rejects.toMatchObject(DENIED);
  });

  test.each(['authorizer', 'publish-events'])('is denied to %s', async (name) => {
    await expect(send({}, credentialsOf(name))).rejects.toMatchObject({
      ...DENIED,
      message: `User: arn:aws:sts::000000000000:assumed-role/${name}-role/${name}-role is not authorized to perform: sts:AssumeRole on resource: ${roleArn('tenant-role')}`,
    });
  });

  test.each(['sts:AssumeRole', 'sts:TagSession'])('is denied to whom %s is not allowed', async (action) => {
    const allows = aws.iam.allows.bind(aws.iam);
    vi.spyOn(aws.iam, 'allows').mockImplementation((principal, access) => {
      return access.action !== action && allows(principal, access);
    });
    await expect(send({})).rejects.toMatchObject({ ...DENIED, message: expect.stringContaining(action) });
    vi.restoreAllMocks();
  });

  test('is denied to whom the role does not trust, whatever else they may do', async () => {
    await expect(send({}, aws.iam.administrator)).rejects.toMatchObject(DENIED);
    await expect(send({}, aws.sessionCredentials({ tenant_id: 't_a' }))).rejects.toMatchObject(DENIED);
  });

  test.each<[string, Partial<AssumeRoleCommandInput>, string]>([
    ['899 seconds', { DurationSeconds: 899 }, 'ValidationError'],
    ['3601 seconds', { DurationSeconds: 3601 }, 'ValidationError'],
    ['a name of one letter', { RoleSessionName: 'a' }, 'ValidationError'],
    ['a name with a slash', { RoleSessionName: 'a/b' }, 'ValidationError'],
    ['no ARN', { RoleArn: 'tenant-role' }, 'ValidationError'],
    ['a wildcard for a tenant', { Tags: [{ Key: 'tenant_id', Value: 't_*' }] }, 'ValidationError'],
    ['a variable for a tenant', { Tags: [{ Key: 'tenant_id', Value: 't_${*}' }] }, 'ValidationError'],
    ['a tag of AWS', { Tags: [{ Key: 'aws:x', Value: 'y' }] }, 'ValidationError'],
    ['a tag without a key', { Tags: [{ Key: '', Value: 'y' }] }, 'ValidationError'],
    [
      'a tag twice',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'A', Value: '2' },
        ],
      },
      'InvalidParameterValue',
    ],
    [
      '51 tags',
      { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })) },
      'ValidationError',
    ],
    ['a policy', { Policy: '{}' }, 'ValidationError'],
  ])('refuses %s', async (_, input, name) => {
    await expect(send(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test.each<[string, Partial<LocalCredentials>, string]>([
    ['an unknown key', { accessKeyId: 'ASIAOTHER' }, 'InvalidClientTokenId'],
    ['another secret', { secretAccessKey: 'other' }, 'SignatureDoesNotMatch'],
    ['another token', { sessionToken: 'other' }, 'AccessDenied'],
  ])('refuses %s', async (_, change, name) => {
    await expect(send({}, { ...credentialsOf('register'), ...change })).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 403 },
    });
  });
});

test('no other operation is there', async () => {
  const client = new STSClient({ endpoint: aws.url, region: REGION, credentials: credentialsOf('register') });
  await expect(client.send(new GetSessionTokenCommand())).rejects.toMatchObject({ name: 'InvalidAction' });
  client.destroy();
});

test('nothing is answered unsigned', async () => {
  const response = await fetch(aws.url, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'AssumeRole' }),
  });
  expect([response.status, await response.text()]).toEqual([
    403,
    expect.stringContaining('<Type>Sender</Type><Code>AccessDenied</Code>'),
  ]);
});

test('an error of our own is told to the console, and not to the client', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(aws.iam, 'startSession').mockImplementationOnce(() => {
    throw new Error('a secret detail');
  });
  const error = await send({}).catch((error) => error);
  expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
  expect(error.message).not.toContain('secret');
  expect(log).toHaveBeenCalledWith(expect.objectContaining({ message: 'a secret detail' }));
  vi.restoreAllMocks();
});
