import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DescribeLimitsCommand, DynamoDBClient, ListBackupsCommand } from '@aws-sdk/client-dynamodb';
import { DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JsonService } from '../../../local/endpoint/json-service.ts';
import { listenOnLoopback, PortInUseError } from '../../../local/http/loopback-server.ts';
import { REGION } from '../../../local/template/account.ts';
import { CREDENTIALS, type Services, serve, startServices } from '../services.ts';

let services: Services;

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

const get = new GetCommand({ TableName: 'things', Key: { pk: 'a' } });

test('what has no target is for S3, and a query for the service that it is signed for, or STS', async () => {
  expect(await (await fetch(`${services.url}/bucket/key`)).text()).toBe('s3');
  const body = new URLSearchParams({ Action: 'AssumeRole' });
  expect(await (await fetch(`${services.url}/bucket`, { method: 'POST', body })).text()).toBe('s3');
  const ask = async (headers: Record<string, string>) =>
    (await fetch(services.url, { method: 'POST', body, headers })).text();
  const signedFor = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=id/20260131/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  expect(await ask({})).toContain('<ErrorResponse xmlns="sts">');
  expect(await ask(signedFor('sts'))).toContain('<ErrorResponse xmlns="sts">');
  expect(await ask(signedFor('cloudformation'))).toContain('<ErrorResponse xmlns="cloudformation">');
});

test.each([
  ['another host', 'evil.example', 403],
  ['another port', '127.0.0.1:1', 403],
  ['its own name', undefined, 200],
])('a request to %s', async (_, host, status) => {
  const answered = await new Promise((resolve, reject) => {
    request(services.url, { ...(host && { headers: { host } }) }, (response) => resolve(response.statusCode))
      .on('error', reject)
      .end();
  });
  expect(answered).toBe(status);
});

test.each([
  ['access key', { accessKeyId: 'ASIAOTHER' }, 400, 'UnrecognizedClientException'],
  ['secret', { secretAccessKey: 'other' }, 403, 'SignatureDoesNotMatch'],
  ['token', { sessionToken: 'other' }, 403, 'AccessDenied'],
])('a request signed with another %s is refused', async (_, other, httpStatusCode, name) => {
  const credentials = { ...CREDENTIALS, ...other };
  const client = new DynamoDBClient({ endpoint: services.url, region: REGION, credentials, maxAttempts: 1 });
  await expect(client.send(get)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  client.destroy();
});

test('a body that is not the signed one is refused, and writes nothing', async () => {
  const client = new DynamoDBClient({ endpoint: services.url, region: REGION, credentials: CREDENTIALS });
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request: { body: Uint8Array } };
      request.body = Buffer.from(new TextDecoder().decode(request.body).replace('before', 'behind'));
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
  );
  const put = new PutCommand({ TableName: 'things', Item: { pk: 'before' } });
  await expect(client.send(put)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect(services.table.stream.undelivered()).toEqual([]);
  client.destroy();
});

const post = (target: string, body: string) =>
  fetch(services.url, { method: 'POST', headers: { 'x-amz-target': target }, body });

test('nothing is done unsigned', async () => {
  for (const target of ['DynamoDB_20120810.GetItem', 'AWSEvents.PutEvents', 'AmazonSQS.SendMessage']) {
    const response = await post(target, '{}');
    expect([response.status, await response.json()]).toEqual([
      403,
      { __type: expect.stringMatching(/^com\.amazonaws\..*#AccessDenied$/), message: expect.any(String) },
    ]);
  }
});

test('a target of no service is refused', async () => {
  expect((await post('Other.Operation', '{}')).status).toBe(403);
});

test('a body over 1 MiB is refused, and the connection is good for the next request', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = async (bytes: number) => {
    const headers = { 'x-amz-target': 'AWSEvents.PutEvents' };
    const sent = request(services.url, { method: 'POST', agent, headers }).end(Buffer.alloc(bytes));
    const [response] = await once(sent, 'response');
    return [response.statusCode, JSON.parse(await text(response)).__type];
  };
  expect(await post(32 * 1024 ** 2)).toEqual([413, 'com.amazonaws.events#RequestEntityTooLarge']);
  expect(await post(1024 ** 2)).toEqual([403, 'com.amazonaws.events#AccessDenied']);
  agent.destroy();
});

test('operations that are not implemented are refused', async () => {
  const unknown = expect.objectContaining({ name: 'UnknownOperationException' });
  const backups = new ListBackupsCommand({ TableName: 'things' });
  await expect(services.documents.send(backups)).rejects.toEqual(unknown);
  await expect(services.documents.send(new DescribeLimitsCommand())).rejects.toEqual(unknown);
  await expect(services.events.send(new DescribeRuleCommand({ Name: 'a' }))).rejects.toEqual(unknown);
  await expect(services.sqs.send(new CreateQueueCommand({ QueueName: 'a' }))).rejects.toEqual(unknown);
});

test('a port in use is said in one line', async () => {
  const port = Number(new URL(services.url).port);
  const second = listenOnLoopback(port);
  await expect(second).rejects.toThrow(PortInUseError);
  await expect(second).rejects.toThrow(`Port ${port} is in use`);
});

test('an error of our own is told to the console, and not to the client', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const broken: JsonService = {
    protocol: 'json',
    version: '1.0',
    targetPrefix: 'DynamoDB_20120810',
    namespace: 'com.amazonaws.dynamodb.v20120810',
    signingName: 'dynamodb',
    denied: [400, 'AccessDeniedException'],
    unknownKey: [400, 'UnrecognizedClientException'],
    expiredToken: [400, 'ExpiredTokenException'],
    operations: {
      GetItem: { access: () => [], handle: () => Promise.reject(new Error('a secret detail')) },
    },
  };
  const endpoint = await serve([broken]);
  const client = new DynamoDBClient({
    endpoint: endpoint.url,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  const error = await client.send(get).catch((error) => error);
  expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
  expect(JSON.stringify([error, error.message])).not.toContain('secret detail');
  expect(log).toHaveBeenCalledWith(expect.objectContaining({ message: 'a secret detail' }));
  log.mockRestore();
  client.destroy();
  await endpoint.close();
});
