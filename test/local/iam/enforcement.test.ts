import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalCredentials } from '../../../local/iam/signer.ts';
import { ACCOUNT_ID, REGION } from '../../../local/template/account.ts';
import { BUCKET, postForm, roleArn, startAws, TABLE, type TestAws } from '../../support/aws.ts';
import { anyone } from '../../support/iam.ts';
import { postForm as postFields, signedForm } from '../../support/post-form.ts';
import { CREDENTIALS, startS3Server } from '../../support/s3-server.ts';

let aws: TestAws;
let admin: Clients;
let acme: Clients;
let acmes: Clients;
let untagged: Clients;
let publisher: Clients;
let assets: Clients;
const all: Clients[] = [];

interface Clients {
  readonly s3: S3Client;
  readonly table: DynamoDBDocumentClient;
  readonly bus: EventBridgeClient;
  readonly queue: SQSClient;
}

function clients(credentials: LocalCredentials): Clients {
  const config = { endpoint: aws.url, region: REGION, credentials, maxAttempts: 1 };
  const made = {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    table: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
    bus: new EventBridgeClient(config),
    queue: new SQSClient(config),
  };
  all.push(made);
  return made;
}

beforeAll(async () => {
  aws = await startAws();
  admin = clients(aws.iam.administrator);
  acme = clients(aws.sessionCredentials({ tenant_id: 't_acme' }));
  // A sibling, whose name begins with the other's.
  acmes = clients(aws.sessionCredentials({ tenant_id: 't_acmes' }));
  untagged = clients(aws.sessionCredentials({}));
  publisher = clients(aws.iam.credentialsOf(roleArn('publish-events-role')));
  assets = clients(aws.iam.credentialsOf(roleArn('assets-role')));
});
afterAll(async () => {
  for (const { s3, table, bus, queue } of all) for (const client of [s3, table, bus, queue]) client.destroy();
  await aws.close();
});

const FILE = 'tenants/t_acme/dev/raw/1/a.txt';
const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
const DENIED_HEAD = { $metadata: { httpStatusCode: 403 } };

const at = (Key: string) => ({ Bucket: BUCKET, Key });
const list = ({ s3 }: Clients, Prefix?: string) =>
  s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, ...(Prefix !== undefined && { Prefix }) }));

async function put({ s3 }: Clients, key: string, content: string): Promise<number> {
  const form = await createPresignedPost(s3, { Bucket: BUCKET, Key: key, Expires: 60 });
  return (await postForm(form, Buffer.from(content))).status;
}

describe('S3', () => {
  let versionId: string;
  beforeAll(async () => {
    expect(await put(acme, FILE, 'hello')).toBe(204);
    versionId = (await acme.s3.send(new HeadObjectCommand(at(FILE)))).VersionId ?? '';
  });

  test('serves a tenant its own object', async () => {
    const got = await acme.s3.send(new GetObjectCommand({ ...at(FILE), VersionId: versionId }));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect((await list(acme, FILE)).Versions).toHaveLength(1);
    expect((await list(acme, 'tenants/t_acme/')).Versions).toHaveLength(1);
  });

  test.each([
    ['a sibling', () => acmes],
    ['a session without a tag', () => untagged],
    ['the functions', () => assets],
    ['publish-events', () => publisher],
  ])('refuses it to %s', async (_, who) => {
    const { s3 } = who();
    await expect(s3.send(new GetObjectCommand(at(FILE)))).rejects.toMatchObject(DENIED);
    await expect(s3.send(new GetObjectCommand({ ...at(FILE), VersionId: versionId }))).rejects.toMatchObject(
      DENIED,
    );
    await expect(s3.send(new HeadObjectCommand(at(FILE)))).rejects.toMatchObject(DENIED_HEAD);
    await expect(list(who(), FILE)).rejects.toMatchObject(DENIED);
    expect(await put(who(), FILE, 'other')).toBe(403);
    expect((await list(admin, FILE)).Versions).toHaveLength(1);
  });

  test.each([
    undefined,
    '',
    'tenants/',
    'tenants/t_acme',
    'tenants/*/',
    'tenants/t_acmes/',
    'tenants/t_acme/../t_acmes/x',
  ])('lists a tenant nothing beyond its own prefix: %s', async (prefix) => {
    const own = prefix?.startsWith('tenants/t_acme/');
    if (own) expect((await list(acme, prefix)).Versions ?? []).toEqual([]);
    else await expect(list(acme, prefix)).rejects.toMatchObject(DENIED);
  });

  test('answers 403 for a missing object to whoever may not list the bucket, and 404 to whoever may', async () => {
    const missing = 'tenants/t_acme/dev/raw/2/a.txt';
    await expect(acme.s3.send(new HeadObjectCommand(at(missing)))).rejects.toMatchObject(DENIED_HEAD);
    await expect(acme.s3.send(new GetObjectCommand(at(missing)))).rejects.toMatchObject(DENIED);
    await expect(admin.s3.send(new GetObjectCommand(at(missing)))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
    const get = new GetObjectCommand({ ...at(FILE), VersionId: 'none' });
    await expect(acme.s3.send(get)).rejects.toMatchObject(DENIED);
    await expect(admin.s3.send(get)).rejects.toMatchObject({ name: 'NoSuchVersion' });
    expect((await list(acme, missing)).Versions ?? []).toEqual([]);
  });

  test('lets no tenant delete, and nobody at all delete a version', async () => {
    await expect(acme.s3.send(new DeleteObjectCommand(at(FILE)))).rejects.toMatchObject(DENIED);
    const removal = new DeleteObjectCommand({ ...at(FILE), VersionId: versionId });
    await expect(acme.s3.send(removal)).rejects.toMatchObject(DENIED);
    await expect(admin.s3.send(removal)).rejects.toMatchObject(DENIED);
    const doomed = 'tenants/t_acme/dev/raw/3/a.txt';
    await put(acme, doomed, 'hello');
    expect(await admin.s3.send(new DeleteObjectCommand(at(doomed)))).toMatchObject({ DeleteMarker: true });
    await expect(acme.s3.send(new HeadObjectCommand(at(doomed)))).rejects.toMatchObject(DENIED_HEAD);
  });

  test('refuses a bucket of another owner than is expected', async () => {
    const owned = (ExpectedBucketOwner: string) => new GetObjectCommand({ ...at(FILE), ExpectedBucketOwner });
    await acme.s3.send(owned(ACCOUNT_ID));
    await expect(acme.s3.send(owned('123456789012'))).rejects.toMatchObject(DENIED);
  });
});

describe('a form', () => {
  test('ends with the credentials that signed it', async () => {
    const expiration = new Date(Date.now() - 1);
    const signer = { credentials: CREDENTIALS, principal: anyone, expiration };
    await using s3 = disposable(await startS3Server({ iam: { signerOf: () => signer, allows: () => true } }));
    expect(await postFields(s3.url, signedForm())).toMatchObject({ status: 400, code: 'ExpiredToken' });
  });

  test('is nothing that its signer may not do, however it is signed', async () => {
    const asked: unknown[] = [];
    const iam = {
      signerOf: () => ({ credentials: CREDENTIALS, principal: anyone }),
      allows: (...access: unknown[]) => {
        asked.push(access);
        return false;
      },
    };
    const now = new Date();
    await using s3 = disposable(await startS3Server({ iam, now: () => new Date(now.getTime() + 5000) }));
    now.setMilliseconds(0);
    const form = signedForm({ key: 'k/a', date: now });
    expect(await postFields(s3.url, form)).toMatchObject({
      status: 403,
      code: 'AccessDenied',
      body: expect.stringContaining(
        'is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::raw-bucket/k/a',
      ),
    });
    expect([...s3.store.keys(BUCKET)]).toEqual([]);
    expect(asked[0]).toEqual([
      anyone,
      {
        action: 's3:PutObject',
        resource: 'arn:aws:s3:::raw-bucket/k/a',
        context: { 's3:signatureAge': '5000' },
      },
    ]);
  });

  test('older than the longest window is refused by the bucket', async () => {
    const { principal } = aws.iam.signerOf(aws.sessionCredentials({ tenant_id: 't_acme' }).accessKeyId) ?? {};
    if (principal === undefined) throw new Error('no principal');
    const aged = (milliseconds: number) =>
      aws.iam.allows(principal, {
        action: 's3:PutObject',
        resource: `arn:aws:s3:::${BUCKET}/${FILE}`,
        context: { 's3:signatureAge': String(milliseconds) },
      });
    expect([aged(0), aged(2_700_000), aged(2_700_001)]).toEqual([true, true, false]);
  });
});

describe('the table', () => {
  const REFUSED = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };
  const key = { TableName: TABLE, Key: { pk: 't_acme#dev#1' } };
  const write = (pk: string) => new PutCommand({ TableName: TABLE, Item: { pk } });
  const update = new UpdateCommand({
    ...key,
    UpdateExpression: 'SET a = :a',
    ExpressionAttributeValues: { ':a': 1 },
  });
  beforeAll(async () => {
    await acme.table.send(write('t_acme#dev#1'));
  });

  test('gives a tenant its own items', async () => {
    await acme.table.send(update);
    expect((await acme.table.send(new GetCommand(key))).Item).toEqual({ pk: 't_acme#dev#1', a: 1 });
  });

  test.each([
    ['a sibling', () => acmes],
    ['a session without a tag', () => untagged],
    ['the functions', () => assets],
    ['publish-events', () => publisher],
  ])('refuses them to %s', async (_, who) => {
    const { table } = who();
    await expect(table.send(new GetCommand(key))).rejects.toMatchObject(REFUSED);
    await expect(table.send(write('t_acme#dev#2'))).rejects.toMatchObject(REFUSED);
    await expect(table.send(update)).rejects.toMatchObject(REFUSED);
    const { Item } = await admin.table.send(new GetCommand({ ...key, Key: { pk: 't_acme#dev#2' } }));
    expect(Item).toBeUndefined();
  });

  test.each(['', '#', 't_acme', '*#dev#1', 't_*#dev#1', 'T_ACME#dev#1'])(
    'keeps the key %j from everyone',
    async (pk) => {
      for (const { table } of [acme, untagged]) {
        await expect(table.send(write(pk))).rejects.toMatchObject(REFUSED);
      }
    },
  );

  test('lets a tenant neither delete nor query, nor name no key, nor another table', async () => {
    const query = new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 't_acme#dev#1' },
    });
    await expect(acme.table.send(query)).rejects.toMatchObject(REFUSED);
    expect((await admin.table.send(query)).Count).toBe(1);
    await expect(acme.table.send(new DeleteCommand(key))).rejects.toMatchObject(REFUSED);
    await expect(acme.table.send(new GetCommand({ ...key, Key: { id: 'a' } }))).rejects.toMatchObject(
      REFUSED,
    );
    await expect(acme.table.send(new GetCommand({ ...key, TableName: 'other' }))).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(
        /^User: arn:aws:sts::000000000000:assumed-role\/tenant-role\/test is not authorized to perform: dynamodb:GetItem on resource: .*:table\/other$/,
      ),
    });
  });
});

test('the bus and the queue are publish-events’ alone', async () => {
  const event = (EventBusName: string) =>
    new PutEventsCommand({ Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}', EventBusName }] });
  const QueueUrl = `${aws.url}/${ACCOUNT_ID}/poison-queue`;
  const message = new SendMessageCommand({ QueueUrl, MessageBody: 'a' });
  expect(await publisher.bus.send(event('event-bus'))).toMatchObject({ FailedEntryCount: 0 });
  expect((await publisher.queue.send(message)).MessageId).toBeDefined();
  const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };
  await expect(publisher.bus.send(event('default'))).rejects.toMatchObject(denied);
  for (const { bus, queue } of [acme, untagged, assets]) {
    await expect(bus.send(event('event-bus'))).rejects.toMatchObject(denied);
    await expect(queue.send(message)).rejects.toMatchObject(DENIED);
  }
  expect([aws.bus.events().length, aws.queue.messages().length]).toEqual([1, 1]);
});

function disposable<T extends { close(): Promise<void> }>(server: T): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}
