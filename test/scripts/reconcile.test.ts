import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Queue } from '../../local/sqs/queue.ts';
import { loadApi } from '../support/api-handlers.ts';
import { BUCKET, postForm, startAws, TABLE, type TestAws } from '../support/aws.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;
let settle: typeof import('../../lambdas/settle.ts')['handler'];
let arrivals: Queue;
let operator: Record<string, string>;
let found: Awaited<ReturnType<typeof differ>>;

beforeAll(async () => {
  aws = await startAws({ as: 'settle' });
  ({ handler: settle } = await import('../../lambdas/settle.ts'));
  api = await loadApi();
  arrivals = aws.services.sqs.queues.get('arrival-queue') as Queue;
  const { accessKeyId, secretAccessKey, sessionToken } = aws.iam.administrator;
  operator = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  vi.spyOn(console, 'info').mockReturnValue();
  found = await differ();
});
afterAll(() => aws.close());

const STACK = ['--stack', 'NexusRawStorage-dev'];

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [resolve('scripts/reconcile.ts'), ...args], {
    env: { ...process.env, ...operator },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (printed.stdout += text));
  child.stderr.on('data', (text) => (printed.stderr += text));
  const [code] = await once(child, 'close');
  const told: Record<string, unknown>[] = printed.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { code, told: told.map(nameOf).sort(), stderr: printed.stderr };
}

const nameOf = ({ kind, version_id, pk }: Record<string, unknown>) => `${kind} ${version_id ?? pk}`;

const versions = (asset_id: string) =>
  [...aws.store.keys(BUCKET)].filter(([key]) => key.includes(asset_id)).flatMap(([, stored]) => stored);
const stored = () =>
  [...aws.store.keys(BUCKET)].flatMap(([, list]) => list.map(({ versionId }) => versionId));

async function posted(text: string, body: object = {}): Promise<{ id: string; versionId: string }> {
  const { body: form } = await api.presign({ filename: 'a.txt', ...body });
  expect((await postForm(form, Buffer.from(text))).status).toBe(201);
  const { asset_id: id } = form;
  return { id, versionId: String(versions(id)[0]?.versionId) };
}

/** Makes one difference of each kind, and what is none. */
async function differ() {
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({ credentials: aws.iam.administrator }));
  const put = async (key: string) => {
    const upload = aws.store.stage();
    upload.write(Buffer.from('x'));
    const object = { bucket: BUCKET, key, headers: {}, keepsSha256: false };
    return (await aws.store.commit(upload, await upload.seal(), object)).versionId;
  };

  const good = await posted('good');
  await api.register({ asset_id: good.id });
  const deleted = await posted('deleted');
  await api.register({ asset_id: deleted.id });
  await api.one('deleteAsset', deleted.id);
  const open = await posted('open');

  const { body: form } = await api.presign({ filename: 'twice.txt' });
  await postForm(form, Buffer.from('first'));
  await api.register({ asset_id: form.asset_id });
  const recorded = versions(form.asset_id)[0]?.versionId;
  await postForm(form, Buffer.from('second'));
  const second = versions(form.asset_id).find(({ versionId }) => versionId !== recorded);
  const cancelled = await posted('cancelled');
  await api.one('cancelUpload', cancelled.id);
  const strange = await put(`tenants/t_other/dev/raw/${randomUUID()}/nobody’s.txt`);

  const foreign = [await put('tenants/t_acme/notes.txt'), await put('elsewhere.txt')];
  const key = `tenants/t_acme/dev/raw/${open.id}/a.txt`;
  const marker = await aws.store.markDeleted(BUCKET, key);
  const lost = await posted('lost');
  await api.register({ asset_id: lost.id });
  const lostKey = `tenants/t_acme/dev/raw/${lost.id}/a.txt`;
  await aws.store.remove(BUCKET, lostKey, lost.versionId);
  const odd = randomUUID();
  await dynamodb.send(new PutCommand({ TableName: TABLE, Item: { pk: `t_acme#dev#${odd}`, status: 'odd' } }));
  await put(`tenants/t_acme/dev/raw/${odd}/a.txt`);

  return {
    orphans: [second?.versionId, cancelled.versionId].map((id) => `orphan ${id}`),
    strange: `orphan ${strange}`,
    ofTenant: [
      `foreign ${foreign[0]}`,
      `marker ${marker.versionId}`,
      `missing ${lost.versionId}`,
      `unreadable t_acme#dev#${odd}`,
    ],
    elsewhere: `foreign ${foreign[1]}`,
  };
}

test('each kind of difference is told, and nothing is changed', async () => {
  const before = stored();
  const { orphans, strange, ofTenant, elsewhere } = found;
  const { code, told, stderr } = await run(...STACK);
  expect(told).toEqual([...orphans, strange, ...ofTenant, elsewhere].sort());
  expect(code).toBe(1);
  expect(stderr.replaceAll(/\d+ bytes/g, 'n bytes')).toBe(
    [
      '10 versions (n bytes; 1 of uploads that are open) and 4 records of registered and deleted assets compared',
      '3 versions without a record, n bytes',
      '1 record without its version',
      '2 versions under keys that no form of this service has',
      '1 delete marker, which the service never makes',
      '1 item of the table that cannot be read',
      '',
    ].join('\n'),
  );
  expect(stored()).toEqual(before);
  expect(arrivals.messages()).toEqual([]);
});

test('one tenant’s are compared alone, also by names in place of the stack', async () => {
  const args = ['--bucket', BUCKET, '--table', TABLE, '--tenant', 't_acme'];
  expect((await run(...args)).told).toEqual([...found.orphans, ...found.ofTenant].sort());
  expect(await run(...STACK, '--tenant', 't_oth')).toMatchObject({
    code: 0,
    told: [],
    stderr: expect.stringContaining('\nNothing differs.\n'),
  });
});

test('a cursor that is there is gone on from; its file is gone in the end, and no other comparison takes it', async () => {
  const cursor = join(temporaryDirectory(), 'cursor.json');
  expect((await run(...STACK, '--cursor', cursor)).code).toBe(1);
  expect(existsSync(cursor)).toBe(false);
  const tally = {
    versions: 1000,
    open: 0,
    bytes: 0,
    records: 0,
    orphanBytes: 0,
    told: 0,
    found: { orphan: 0, foreign: 0, marker: 0, missing: 0, unreadable: 0 },
  };
  const kept = { bucket: BUCKET, table: TABLE, place: { walk: 'records' }, tally };
  writeFileSync(cursor, JSON.stringify({ ...kept, tenant: 't_acme' }));
  expect(await run(...STACK, '--cursor', cursor)).toMatchObject({
    code: 2,
    stderr: `reconcile: ${cursor} is the cursor of another reconciliation: give another file, or remove it\n`,
  });
  writeFileSync(cursor, JSON.stringify(kept));
  const { told, stderr } = await run(...STACK, '--cursor', cursor);
  expect(told).toEqual(found.ofTenant.filter((name) => /missing|unreadable/.test(name)));
  expect(stderr).toContain('1,000 versions');
  writeFileSync(cursor, '{');
  expect(await run(...STACK, '--cursor', cursor)).toMatchObject({
    code: 2,
    stderr: `reconcile: ${cursor} is no cursor of a reconciliation\n`,
  });
  expect(readFileSync(cursor, 'utf8')).toBe('{');
});

test('it removes nothing unasked', async () => {
  expect(await run(...STACK, '--fix', 'orphans')).toMatchObject({
    code: 2,
    stderr: 'reconcile: There is no terminal to ask on: give --yes (--help lists the options)\n',
  });
  expect(await run('--stack', 'Other')).toMatchObject({
    code: 2,
    stderr: 'reconcile: ValidationError: Stack with id Other does not exist\n',
  });
});

test('orphans are removed by settle, and nothing else is', async () => {
  const before = stored();
  const { orphans, strange, ofTenant, elsewhere } = found;
  const fixed = await run(...STACK, '--fix', 'orphans', '--yes');
  expect(fixed.code).toBe(1);
  expect(fixed.stderr).toMatch(/3 versions without a record, \d+ bytes: settle removes them now\n/);
  expect(stored()).toEqual(before);

  const Records = arrivals.messages().map(({ id, body }) => ({ messageId: id, body })) as never[];
  expect(await settle({ Records })).toEqual({ batchItemFailures: [] });
  const removed = [...orphans, strange].map((name) => name.split(' ')[1]);
  expect(stored()).toEqual(before.filter((versionId) => !removed.includes(versionId)));
  expect((await run(...STACK)).told).toEqual([...ofTenant, elsewhere].sort());
});
