import { createHash } from 'node:crypto';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { fromItem } from '#core/assets/asset-record';
import { loadApi } from '../support/api-handlers.ts';
import { closedRecord } from '../support/asset-records.ts';
import { BUCKET, postForm, startAws, TABLE, type TestAws } from '../support/aws.ts';
import { streamRecord } from '../support/stream-record.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;
let handler: typeof import('../../lambdas/settle.ts')['handler'];
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  aws = await startAws({ as: 'settle' });
  ({ handler } = await import('../../lambdas/settle.ts'));
  api = await loadApi();
});
beforeEach(() => {
  lines.length = 0;
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line) => lines.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => aws.close());

const versions = (asset_id: string) =>
  [...aws.store.keys(BUCKET)].filter(([key]) => key.includes(asset_id)).flatMap(([, stored]) => stored);

const message = (body: unknown, messageId = 'm1') =>
  ({ messageId, body: typeof body === 'string' ? body : JSON.stringify(body) }) as never;
const arrival = (key: string, versionId: string, bucket = BUCKET) => ({
  detail: { bucket: { name: bucket }, object: { key, 'version-id': versionId } },
});

/** Posts a file, as the holder of a form. */
async function posted(body: object, times = 1) {
  const { body: form } = await api.presign({ filename: 'a.txt', ...body });
  for (let time = 0; time < times; time++)
    expect((await postForm(form, Buffer.from(`hello ${time}`))).status).toBe(201);
  return form.asset_id as string;
}

async function itemOf(asset_id: string) {
  const key = marshall({ pk: `t_acme#dev#${asset_id}` });
  const { Item } = (await aws.table.handle('GetItem', { TableName: TABLE, Key: key })) as { Item: never };
  const { unmarshall } = await import('@aws-sdk/util-dynamodb');
  return unmarshall(Item);
}

it('registers what registers itself, in sessions of its tenant', async () => {
  const asset_id = await posted({ register: 'on_upload', metadata: { a: 1 } });
  const [version] = versions(asset_id);
  expect(
    await handler({ Records: [message(arrival(String(version?.key), String(version?.versionId)))] }),
  ).toEqual({
    batchItemFailures: [],
  });
  expect((await api.get(asset_id)).body).toMatchObject({
    sha256: createHash('sha256').update('hello 0').digest('hex'),
    metadata: { a: 1 },
    created_by: 'user-1',
  });
  expect(lines.filter(({ message }) => message === 'asset registered')).toEqual([
    {
      message: 'asset registered',
      request_id: 'request-1',
      tenant_id: 't_acme',
      env: 'dev',
      user_id: 'user-1',
      asset_ids: [asset_id],
    },
  ]);
});

it('notes several, and removes all once their life ends', async () => {
  const asset_id = await posted({}, 3);
  const stored = versions(asset_id);
  await handler({
    Records: stored.map(({ key, versionId }, index) => message(arrival(key, versionId), `m${index}`)),
  });
  const before = fromItem(await itemOf(asset_id));
  expect(before.arrived).toBe('*');
  await api.one('cancelUpload', asset_id);
  const closed = closedRecord(before, 'expired');
  expect(await handler({ Records: [streamRecord(closed, before) as never] })).toEqual({
    batchItemFailures: [],
  });
  expect(versions(asset_id)).toEqual([]);
});

it('reads what arrived together by one call', async () => {
  const ids = await Promise.all([1, 2, 3].map(() => posted({})));
  const handle = vi.spyOn(aws.table, 'handle');
  const stored = ids.flatMap(versions);
  await handler({
    Records: stored.map(({ key, versionId }, index) => message(arrival(key, versionId), `m${index}`)),
  });
  const calls = handle.mock.calls.map(([operation]) => operation);
  expect(calls).toEqual(['BatchGetItem', 'UpdateItem', 'UpdateItem', 'UpdateItem']);
  for (const [index, asset_id] of ids.entries())
    expect((await itemOf(asset_id))['arrived']).toBe(stored[index]?.versionId);
});

it('removes what comes without an asset', async () => {
  const asset_id = await posted({});
  await api.one('cancelUpload', asset_id);
  const [version] = versions(asset_id);
  await handler({ Records: [message(arrival(String(version?.key), String(version?.versionId)))] });
  expect(versions(asset_id)).toEqual([]);
});

it('asks for those again that fail, and for no others; an object that is not the service’s is passed over', async () => {
  const asset_id = await posted({});
  const [version] = versions(asset_id);
  const good = message(arrival(String(version?.key), String(version?.versionId)), 'good');
  const strange = message(arrival('tenants/a', 'v1'), 'strange');
  const elsewhere = message(arrival(String(version?.key), 'v1', 'another-bucket'), 'elsewhere');
  expect(await handler({ Records: [message('nonsense', 'bad'), good, strange, elsewhere] })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'bad' }],
  });
  const warned = lines.filter(({ message }) => message === 'object that no form of this service has');
  expect(warned.map(({ messageId }) => messageId).sort()).toEqual(['elsewhere', 'strange']);
  expect((await itemOf(asset_id))['arrived']).toBe(version?.versionId);
  expect(JSON.stringify(lines)).not.toContain('a.txt');
});
