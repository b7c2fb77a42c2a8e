import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PresignResponse } from '#contract/uploads';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client } from './client.ts';

const lines: string[] = [];
let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ log: (line) => lines.push(line) });
});

afterAll(() => cloud.close());

it('logs no token, policy, signature or session token, whatever is asked', async () => {
  const secrets = new Map<string, string>();
  const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write' });
  const unscoped = await cloud.issuer.issue({ tenant_id: 't_demo', scope: '' });
  const expired = await cloud.issuer.issue({ tenant_id: 't_demo', exp: 1 });
  for (const [name, value] of Object.entries({ token, unscoped, expired })) {
    secrets.set(name, value).set(`the signature of ${name}`, value.split('.')[2] as string);
  }
  const client = new Client(cloud, token);

  const presigned = await client.presign({ filename: 'a.txt' });
  const { fields, ...form } = presigned.body as unknown as PresignResponse;
  for (const name of ['Policy', 'X-Amz-Signature', 'X-Amz-Security-Token'] as const) {
    secrets.set(name, fields[name] as string);
  }
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(409);
  expect(
    (await client.upload({ ...form, fields: { ...fields, Policy: `${fields['Policy']}x` } }, 'abc')).status,
  ).toBe(403);
  expect((await client.upload({ ...form, fields }, 'abc')).status).toBe(201);
  expect((await client.register({ asset_id: form.asset_id, size_bytes: 4 })).status).toBe(422);
  expect((await client.register({ asset_id: form.asset_id })).status).toBe(200);
  expect((await client.get(form.asset_id)).status).toBe(200);

  const batch = await client.send('POST', '/nexus/raw/batch/presign-upload', {
    body: { items: [{ filename: 'a.txt' }, { filename: 'b.txt', token }] },
  });
  const [{ body: batched }] = batch.body['items'] as [{ body: PresignResponse }];
  for (const name of ['Policy', 'X-Amz-Signature', 'X-Amz-Security-Token'] as const) {
    secrets.set(`${name} of a batch`, batched.fields[name] as string);
  }
  expect((await client.presign({ filename: '../a', token: fields['Policy'] })).status).toBe(422);
  expect((await client.presign(`{"filename": "${token}`)).status).toBe(400);
  expect((await client.get(randomUUID())).status).toBe(404);
  expect((await new Client(cloud, unscoped).presign({ filename: 'a' })).status).toBe(403);
  expect((await new Client(cloud, expired).presign({ filename: 'a' })).status).toBe(403);
  expect((await new Client(cloud, `${token.slice(0, -4)}AAAA`).presign({ filename: 'a' })).status).toBe(403);
  expect((await faulty(client)).status).toBe(500);

  await expect.poll(() => cloud.bus.events().length).toBeGreaterThanOrEqual(2);
  const output = [
    ...lines,
    JSON.stringify(cloud.bus.events()),
    JSON.stringify([...cloud.services.sqs.queues.values()].map((queue) => queue.messages())),
  ].join('\n');
  expect(output).toContain('token refused');
  expect(output).toContain('internal_error');
  for (const [name, secret] of secrets) {
    expect(secret.length, name).toBeGreaterThan(20);
    expect(output.includes(secret), name).toBe(false);
  }
});

it('logs who was given which form and registered which asset, one line each, and nothing that is the tenant’s own', async () => {
  const token = await cloud.issuer.issue({
    tenant_id: 't_lines',
    sub: 'user-7',
    scope: 'raw:read raw:write',
  });
  const client = new Client(cloud, token);
  const own = { filename: 'salaries of May.csv', metadata: { department: 'payroll-secret' } };
  const presigned = await client.presign({ filename: own.filename });
  const form = presigned.body as unknown as PresignResponse;
  expect((await client.upload(form, 'abc')).status).toBe(201);
  const { asset_id } = form;
  expect((await client.register({ asset_id, metadata: own.metadata })).status).toBe(200);
  const ours = () => lines.map((line) => JSON.parse(line)).filter(({ message }) => isOurs(message));
  const isOurs = (message: { tenant_id?: string }) => message?.tenant_id === 't_lines';
  await expect.poll(() => ours().length).toBe(2);
  const line = { request_id: expect.any(String), tenant_id: 't_lines', env: 'dev', user_id: 'user-7' };
  expect(ours().map(({ message }) => message)).toEqual([
    { message: 'form signed', ...line, asset_ids: [asset_id] },
    { message: 'asset registered', ...line, asset_ids: [asset_id] },
  ]);
  const output = lines.join('\n');
  expect(output).toContain(presigned.body['asset_id']);
  for (const text of [own.filename, 'payroll-secret', 'department', 'salaries']) {
    expect(output).not.toContain(text);
  }
  for (const value of Object.values(form.fields)) {
    if (value.length > 20) expect(output).not.toContain(value);
  }
});

/** A request that finds an item which the service did not write. */
async function faulty(client: Client) {
  const asset_id = randomUUID();
  const dynamodb = new DynamoDBClient({
    endpoint: cloud.awsUrl,
    region: cloud.region,
    credentials: cloud.iam.administrator,
  });
  const Item = { pk: { S: `t_demo#dev#${asset_id}` }, status: { S: 'registered' } };
  await dynamodb.send(new PutItemCommand({ TableName: cloud.names.table, Item }));
  dynamodb.destroy();
  return client.get(asset_id);
}
