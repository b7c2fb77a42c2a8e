import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import type { FunctionName } from '../../lib/function-names.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { Client, eventsOf, sha256 } from './client.ts';
import { breakBundle, bundleDirectory, type Fault } from './faulty-bundle.ts';

const dir = temporaryDirectory();
const SECRET = 'what t_ab alone may know';
const FILENAME = 'secret plans.txt';
let cloud: Cloud;
let attacker: Client;
let victim: Client;
let asset_id: string;
let key: string;

beforeAll(async () => {
  cloud = await startCloud({ dir });
  // Siblings: the name of one begins with the other's.
  attacker = await Client.for(cloud, { tenant_id: 't_a' });
  victim = await Client.for(cloud, { tenant_id: 't_ab' });
  asset_id = await victim.uploaded(FILENAME, SECRET);
  key = `tenants/t_ab/dev/raw/${asset_id}/${FILENAME}`;
  expect((await victim.register({ asset_id })).status).toBe(200);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => cloud?.close());

/** The check is gone, and what the header says is what some of the code goes by. */
const UNCHECKED: Fault[] = [
  ['core/http/request.ts', `(headers['x-tenant-id'] ?? tenant_id) !== tenant_id || `, ''],
  [
    'core/http/request.ts',
    'const request_id = ',
    `globalThis.chosen = headers['x-tenant-id'] ?? tenant_id; const request_id = `,
  ],
];

async function inject(name: FunctionName, ...faults: Fault[]): Promise<void> {
  await breakBundle(bundleDirectory(dir, name), name, [...UNCHECKED, ...faults]);
  await cloud.functions.kill(name);
}

const asVictim = { 'x-tenant-id': 't_ab' };
const get = () => attacker.send('GET', `/nexus/raw/${asset_id}`, { headers: asVictim });
const post = (route: string, body: object) =>
  attacker.send('POST', `/nexus/raw/${route}`, { headers: asVictim, body });

/** What a batch answers to each of its items. */
const statusesOf = ({ body }: { readonly body: unknown }) =>
  (body as { items: { status: number }[] }).items.map(({ status }) => status);

/** All that is the victim's. */
async function belongings() {
  const asset = await victim.get(asset_id);
  const objects = [...cloud.services.s3.store.keys(cloud.names.bucket)].filter(([name]) =>
    name.startsWith('tenants/t_ab/'),
  );
  const events = cloud.bus.events().filter(({ detail }) => detail['tenant_id'] === 't_ab');
  const { body } = asset;
  return { body, objects: structuredClone(objects), events: events.length };
}

describe('with the handler’s tenant check removed by hand, the embedded cloud refuses the crossing all the same', () => {
  test('assets reads no other tenant’s record', async () => {
    await inject('assets', [
      'assets.ts',
      '({ reader }) => reader.get({ tenant_id, env, asset_id })',
      '({ reader }) => reader.get({ tenant_id: globalThis.chosen, env, asset_id })',
    ]);
    const answer = await get();
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(answer)).not.toMatch(/secret plans|t_ab|sha256/);
    expect((await victim.get(asset_id)).status).toBe(200);

    // The bug is one: where IAM lets it, the record is read.
    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect(await get()).toMatchObject({ status: 200, body: { tenant_id: 't_ab', filename: FILENAME } });
  });

  test('assets signs no download of another tenant’s file', async () => {
    await inject('assets', [
      'assets.ts',
      'downloader.sign(await reader.get({ tenant_id, env, asset_id })',
      'downloader.sign(await reader.get({ tenant_id: globalThis.chosen, env, asset_id })',
    ]);
    const ask = () => attacker.send('GET', `/nexus/raw/${asset_id}/download`, { headers: asVictim });
    const answer = await ask();
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(answer)).not.toMatch(/secret|t_ab/);

    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect((await ask()).status).toBe(200);
  });

  test('assets lists no other tenant’s assets', async () => {
    await inject('assets', [
      'assets.ts',
      'lister.list(caller, query)',
      'lister.list({ ...caller, tenant_id: globalThis.chosen }, query)',
    ]);
    const ask = () => attacker.send('GET', '/nexus/raw', { headers: asVictim });
    const answer = await ask();
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(answer)).not.toMatch(/secret plans|t_ab|sha256/);

    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect((await ask()).body['items']).toMatchObject([{ tenant_id: 't_ab', filename: FILENAME }]);
  });

  test.each([
    ['DELETE', '', 'delete'],
    ['POST', '/restore', 'restore'],
    ['POST', '/erase', 'erase'],
    ['POST', '/cancel', 'cancel'],
  ])('assets changes no other tenant’s record: %s %s', async (method, action, name) => {
    await inject('assets', [
      'assets.ts',
      `lifecycle.${name}(caller, asset_id)`,
      `lifecycle.${name}({ ...caller, tenant_id: globalThis.chosen }, asset_id)`,
    ]);
    const all = await Client.for(cloud, { tenant_id: 't_a', scope: 'raw:write raw:delete raw:erase' });
    const before = await belongings();
    const answer = await all.send(method, `/nexus/raw/${asset_id}${action}`, { headers: asVictim });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(answer)).not.toMatch(/secret plans|t_ab|sha256/);
    expect(await belongings()).toEqual(before);
  });

  test('register changes no other tenant’s record', async () => {
    const unregistered = await victim.uploaded(FILENAME, SECRET);
    await inject(
      'register',
      [
        'register.ts',
        '.register(caller, body, options)',
        '.register({ ...caller, tenant_id: globalThis.chosen }, body, options)',
      ],
      ['register.ts', '.find(caller, item)', '.find({ ...caller, tenant_id: globalThis.chosen }, item)'],
    );
    const before = await belongings();
    for (const id of [unregistered, asset_id]) {
      const answer = await post('register', { asset_id: id });
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(JSON.stringify(answer)).not.toMatch(/secret plans|t_ab|sha256/);
    }
    const batch = await post('batch/register', { items: [{ asset_id: unregistered }, { asset_id }] });
    expect(statusesOf(batch)).toEqual([503, 503]);
    expect(JSON.stringify(batch)).not.toMatch(/secret plans|t_ab|sha256/);
    expect(await belongings()).toEqual(before);
    expect((await victim.get(unregistered)).status).toBe(404);

    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect(await post('register', { asset_id: unregistered })).toMatchObject({
      status: 200,
      body: { tenant_id: 't_ab' },
    });
  });

  test('register describes no other tenant’s object as its own', async () => {
    await inject('register', [
      'core/uploads/registrar.ts',
      'await this.#objects.describe(found.asset.key)',
      `await this.#objects
        .describe(found.asset.key.replace(found.asset.tenant_id, globalThis.chosen))
        .then((object) => object && { ...object, upload: found.upload })`,
    ]);
    expect((await attacker.presign({ asset_id, filename: FILENAME })).status).toBe(200);
    const before = await belongings();
    const answer = await post('register', { asset_id });
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(JSON.stringify(answer)).not.toContain(sha256(SECRET));
    expect((await attacker.get(asset_id)).status).toBe(404);
    expect(await belongings()).toEqual(before);

    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect(await post('register', { asset_id })).toMatchObject({
      status: 200,
      body: { tenant_id: 't_a', sha256: sha256(SECRET) },
    });
  });

  test('presign-upload makes no record and no event of another tenant’s', async () => {
    await inject('presign-upload', [
      'presign-upload.ts',
      '.presign(caller, body)',
      '.presign({ ...caller, tenant_id: globalThis.chosen }, body)',
    ]);
    const planted = randomUUID();
    const before = await belongings();
    const answer = await post('presign-upload', { asset_id: planted, filename: 'planted.txt' });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    const items = [{ asset_id: planted, filename: 'planted.txt' }];
    expect(statusesOf(await post('batch/presign-upload', { items }))).toEqual([503]);
    const last = await victim.uploaded('last.txt', 'last');
    await expect.poll(() => eventsOf(cloud, last).length).toBe(1);
    expect(eventsOf(cloud, planted)).toEqual([]);
    expect((await belongings()).body).toEqual(before.body);
  });

  test('a form for another tenant’s key, signed in error, uploads nothing', async () => {
    await inject('presign-upload', [
      'core/uploads/presigner.ts',
      'key: asset.key,',
      'key: asset.key.replace(asset.tenant_id, globalThis.chosen),',
    ]);
    const { status, body } = await post('presign-upload', {
      asset_id: randomUUID(),
      filename: 'planted.txt',
    });
    const form = body as unknown as PresignResponse;
    expect([status, form.fields['key']]).toEqual([200, expect.stringMatching(/^tenants\/t_ab\//)]);
    const before = await belongings();
    const response = await attacker.upload(form, 'planted');
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
    expect(await belongings()).toEqual(before);

    vi.spyOn(cloud.iam, 'allows').mockReturnValue(true);
    expect((await attacker.upload(form, 'planted')).status).toBe(201);
    // Nobody presigned it: settle removes it.
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
  });
});

describe('a tenant’s session, by the SDK alone', () => {
  const ROLE = 'arn:aws:iam::000000000000:role/';
  const config = { maxAttempts: 1, region: 'us-east-1' };

  /** As the functions have it: from STS. */
  async function session(tenant_id: string) {
    const credentials = cloud.iam.credentialsOf(`${ROLE}presign-upload-role`);
    const sts = new STSClient({ ...config, endpoint: cloud.awsUrl, credentials });
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: `${ROLE}tenant-role`,
        RoleSessionName: 'test',
        Tags: [{ Key: 'tenant_id', Value: tenant_id }],
      }),
    );
    sts.destroy();
    return {
      accessKeyId: String(Credentials?.AccessKeyId),
      secretAccessKey: String(Credentials?.SecretAccessKey),
      sessionToken: String(Credentials?.SessionToken),
    };
  }

  test.each([
    ['t_a', 't_ab', false],
    ['t_abc', 't_ab', false],
    ['t_other', 't_ab', false],
    ['t_ab', 't_ab', true],
  ])('%s reaches what is %s’s: %s', async (from, of, reaches) => {
    const credentials = await session(from);
    const s3 = new S3Client({ ...config, endpoint: cloud.awsUrl, credentials });
    const table = DynamoDBDocumentClient.from(
      new DynamoDBClient({ ...config, endpoint: cloud.awsUrl, credentials }),
    );
    const { bucket: Bucket, table: TableName } = cloud.names;
    const pk = `${of}#dev#${asset_id}`;
    const before = await belongings();
    const form = await createPresignedPost(s3, { Bucket, Key: `${key}.new`, Expires: 60 });
    const attempts = [
      () => s3.send(new HeadObjectCommand({ Bucket, Key: key })),
      () => s3.send(new GetObjectCommand({ Bucket, Key: key })),
      () => s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: `tenants/${of}/` })),
      () => table.send(new GetCommand({ TableName, Key: { pk } })),
      () => table.send(new PutCommand({ TableName, Item: { pk: `${pk}-new` } })),
      async () => {
        const body = new FormData();
        for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
        body.append('file', new Blob(['planted']));
        if (!(await fetch(form.url, { method: 'POST', body })).ok) throw new Error('refused');
      },
    ];
    const results = await Promise.allSettled(attempts.map((attempt) => attempt()));
    expect(results.map(({ status }) => status)).toEqual(
      attempts.map(() => (reaches ? 'fulfilled' : 'rejected')),
    );
    if (!reaches) expect(await belongings()).toEqual(before);
    s3.destroy();
    table.destroy();
  });

  test.each([undefined, [], [{ Key: 'Tenant_id', Value: 't_ab' }]])(
    'there is none with the tags %j',
    async (Tags) => {
      const credentials = cloud.iam.credentialsOf(`${ROLE}presign-upload-role`);
      const sts = new STSClient({ ...config, endpoint: cloud.awsUrl, credentials });
      const assume = new AssumeRoleCommand({
        RoleArn: `${ROLE}tenant-role`,
        RoleSessionName: 'test',
        ...(Tags && { Tags }),
      });
      await expect(sts.send(assume)).rejects.toMatchObject({ name: 'AccessDenied' });
      sts.destroy();
    },
  );
});

test('a form signed before a restart works after it', async () => {
  const kept = temporaryDirectory();
  const first = await startCloud({ dir: kept });
  const { body } = await (await Client.for(first)).presign({ filename: 'a.txt', size_bytes: 3 });
  const form = body as unknown as PresignResponse;
  await first.close();
  const second = await startCloud({ dir: kept });
  const client = await Client.for(second);
  const url = form.url.replace(first.awsUrl, second.awsUrl);
  expect((await client.upload({ ...form, url }, 'abc')).status).toBe(201);
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(200);
  await second.close();
});
