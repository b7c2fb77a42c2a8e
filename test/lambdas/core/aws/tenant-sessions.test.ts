import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type TenantClientConfig, TenantSessions } from '#core/aws/tenant-sessions';
import { RawStorageError } from '#core/errors';

const ROLE = 'arn:aws:iam::000000000000:role/tenant';

/** What STS answers, as it does: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
let answer: (session: string) => [status: number, xml: string];
const calls: URLSearchParams[] = [];
const server = createServer(async (request, response) => {
  const call = new URLSearchParams(await text(request));
  calls.push(call);
  const [status, xml] = answer(String(call.get('RoleSessionName')));
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
});
let sts: STSClient;
let counted: string[];

const credentials = (session: string, seconds = 3600) =>
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>ASIA-${session}-${calls.length}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
    <SessionToken>token</SessionToken><Expiration>${new Date(Date.now() + seconds * 1000).toISOString()}</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const refusal = (code: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>
    <Message>no</Message></Error></ErrorResponse>`;

const open = (options: { minimumSeconds?: number; capacity?: number } = {}) =>
  new TenantSessions({
    sts,
    roleArn: ROLE,
    minimumSeconds: 120,
    open: ({ credentials: { accessKeyId } }) => ({ accessKeyId }),
    ...options,
  });

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sts = new STSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    maxAttempts: 1,
  });
});

beforeEach(() => {
  calls.length = 0;
  answer = (session) => [200, credentials(session)];
  counted = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    if (String(line).startsWith('{"_aws"'))
      counted.push(JSON.parse(String(line))._aws.CloudWatchMetrics[0].Metrics[0].Name);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

afterAll(() => {
  sts.destroy();
  server.close();
});

describe('a tenant’s session', () => {
  it('is the role assumed with the tenant for its one tag', async () => {
    expect(await open().for('t_acme')).toEqual({ accessKeyId: 'ASIA-t_acme-1' });
    expect(Object.fromEntries(calls[0] ?? [])).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: ROLE,
      RoleSessionName: 't_acme',
      DurationSeconds: '3600',
      'Tags.member.1.Key': 'tenant_id',
      'Tags.member.1.Value': 't_acme',
    });
    expect([...(calls[0]?.keys() ?? [])].filter((name) => name.startsWith('Tags.'))).toHaveLength(2);
  });

  it('is kept: later requests call nobody', async () => {
    const sessions = open();
    const first = await sessions.for('t_acme');
    for (let i = 0; i < 10; i++) expect(await sessions.for('t_acme')).toBe(first);
    expect(calls).toHaveLength(1);
    expect(counted.filter((name) => name === 'TenantSessionMiss')).toHaveLength(1);
    expect(counted.filter((name) => name === 'TenantSessionHit')).toHaveLength(10);
  });

  it('is opened once for requests that come at once', async () => {
    const sessions = open();
    const all = await Promise.all(Array.from({ length: 20 }, () => sessions.for('t_acme')));
    expect(new Set(all).size).toBe(1);
    expect(calls).toHaveLength(1);
  });

  it('is never another tenant’s', async () => {
    const sessions = open();
    const [a, ab] = await Promise.all([sessions.for('t_a'), sessions.for('t_ab')]);
    expect(calls.map((call) => call.get('Tags.member.1.Value')).sort()).toEqual(['t_a', 't_ab']);
    expect([a.accessKeyId, ab.accessKeyId].map((id) => id.split('-')[1])).toEqual(['t_a', 't_ab']);
    expect(await sessions.for('t_a')).toBe(a);
  });

  it('is renewed while a whole window of it is left', async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] });
    const sessions = open({ minimumSeconds: 2700 + 120 });
    const first = await sessions.for('t_acme');
    vi.setSystemTime(Date.now() + (3600 - 2820 - 2) * 1000);
    expect(await sessions.for('t_acme')).toBe(first);
    vi.setSystemTime(Date.now() + 3000);
    expect(await sessions.for('t_acme')).not.toBe(first);
    expect(calls).toHaveLength(2);
  });
});

describe('a session that AWS refuses', () => {
  const refused = (name: string) => Object.assign(new Error('no'), { name });
  const unavailable = (name: string) => new RawStorageError('unavailable', 'no', { cause: refused(name) });

  it.each([
    'ExpiredToken',
    'ExpiredTokenException',
    'InvalidAccessKeyId',
    'InvalidToken',
    'UnrecognizedClientException',
    'AccessDenied',
    'AccessDeniedException',
  ])('by %s is dropped, and the work done again in a new one', async (name) => {
    const sessions = open();
    const used: string[] = [];
    const work = async ({ accessKeyId }: { accessKeyId: string }) => {
      used.push(accessKeyId);
      if (used.length === 1) throw unavailable(name);
      return 'done';
    };
    expect(await sessions.run('t_acme', work)).toBe('done');
    expect(used).toEqual(['ASIA-t_acme-1', 'ASIA-t_acme-2']);
    expect(await sessions.for('t_acme')).toEqual({ accessKeyId: 'ASIA-t_acme-2' });
    expect(counted.filter((metric) => metric === 'TenantSessionFailures')).toHaveLength(1);
  });

  it('is opened again once: a policy that denies goes on to', async () => {
    const work = vi.fn(async () => Promise.reject(unavailable('AccessDenied')));
    await expect(open().run('t_acme', work)).rejects.toMatchObject({ code: 'unavailable' });
    expect(work).toHaveBeenCalledTimes(2);
    expect(calls).toHaveLength(2);
  });

  it('is opened once for calls that are refused at once', async () => {
    const sessions = open();
    const first = await sessions.for('t_acme');
    const work = async (session: object) => {
      await Promise.resolve();
      if (session === first) throw unavailable('ExpiredToken');
    };
    await Promise.all(Array.from({ length: 10 }, () => sessions.run('t_acme', work)));
    expect(calls).toHaveLength(2);
  });

  it('is not dropped twice: a call that is told late leaves the new one alone', async () => {
    const sessions = open();
    let refuse = () => {};
    const told = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    const used: string[] = [];
    const late = sessions.run('t_acme', async ({ accessKeyId }) => {
      used.push(accessKeyId);
      if (used.length > 1) return;
      await told;
      throw unavailable('ExpiredToken');
    });
    let first = true;
    await sessions.run('t_acme', async () => {
      if (!first) return;
      first = false;
      throw unavailable('ExpiredToken');
    });
    refuse();
    await late;
    expect(used).toEqual(['ASIA-t_acme-1', 'ASIA-t_acme-2']);
    expect(calls).toHaveLength(2);
  });

  it('is not what any other failure means', async () => {
    const sessions = open();
    for (const error of [
      refused('ThrottlingException'),
      new RawStorageError('asset_not_found'),
      new RawStorageError('unavailable', 'no', { cause: refused('InternalError') }),
    ]) {
      const work = vi.fn(async () => Promise.reject(error));
      await expect(sessions.run('t_acme', work)).rejects.toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
    }
    expect(calls).toHaveLength(1);
  });
});

describe('the works of one call', () => {
  const refused = Object.assign(new Error('no'), { name: 'AccessDenied' });

  it('share a session, which counts once', async () => {
    const run = open().forCall('t_acme');
    const used = await Promise.all(Array.from({ length: 20 }, () => run(async (session) => session)));
    expect(new Set(used).size).toBe(1);
    expect(calls).toHaveLength(1);
    expect(counted).toEqual(['TenantSessionMiss']);
  });

  it('open none where there is no work', async () => {
    open().forCall('t_acme');
    expect(counted).toEqual([]);
  });

  it('share another one where the first is refused, and are all done again in it', async () => {
    const sessions = open();
    const stale = await sessions.for('t_acme');
    const run = sessions.forCall('t_acme');
    const works = Array.from({ length: 20 }, (_, index) =>
      run(async (session) => {
        await Promise.resolve();
        if (session === stale) throw refused;
        return index;
      }),
    );
    expect(await Promise.all(works)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(await run(async (session) => session !== stale)).toBe(true);
    expect(calls).toHaveLength(2);
    expect(counted.filter((name) => name === 'TenantSessionFailures')).toHaveLength(1);
  });

  it('open no third one: a policy that denies one work denies them all', async () => {
    const run = open().forCall('t_acme');
    const work = vi.fn(() => Promise.reject(refused));
    for (let i = 0; i < 10; i++) await expect(run(work)).rejects.toBe(refused);
    // Twice the first of them, and then once each.
    expect(work).toHaveBeenCalledTimes(11);
    expect(await run(async () => 'another')).toBe('another');
    expect(calls).toHaveLength(2);
  });

  it('ask an STS that refuses once', async () => {
    answer = () => [400, refusal('Throttling')];
    const run = open().forCall('t_acme');
    const work = vi.fn();
    for (let i = 0; i < 10; i++) await expect(run(work)).rejects.toMatchObject({ code: 'unavailable' });
    expect(work).not.toHaveBeenCalled();
    expect(calls).toHaveLength(1);
  });
});

describe('many tenants', () => {
  it('are kept up to a bound, the least recently used out first', async () => {
    const sessions = open({ capacity: 2 });
    const a = await sessions.for('t_a');
    await sessions.for('t_b');
    expect(await sessions.for('t_a')).toBe(a);
    await sessions.for('t_c');
    expect(await sessions.for('t_a')).toBe(a);
    expect(calls).toHaveLength(3);
    await sessions.for('t_b');
    expect(calls).toHaveLength(4);
  });
});

describe('1,000 tenants in turn on one container', () => {
  it('leave the cache at its bound, and memory flat', async () => {
    const clients = (config: TenantClientConfig) => ({
      s3: new S3Client({ region: 'us-east-1', ...config }),
      documents: DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1', ...config })),
    });
    const sessions = new TenantSessions({ sts, roleArn: ROLE, open: clients });
    const visit = async (first: number, count: number) => {
      for (let tenant = first; tenant < first + count; tenant++) await sessions.for(`t_${tenant}`);
      calls.length = 0;
      return heapBytes();
    };
    const empty = await heapBytes();
    const full = await visit(0, 256);
    const later = await visit(256, 744);
    expect(later - full).toBeLessThan((full - empty) / 4);

    await visit(1000 - 256, 256);
    expect(counted.slice(-256)).toEqual(Array(256).fill('TenantSessionHit'));
    await sessions.for('t_0');
    expect(counted.at(-1)).toBe('TenantSessionMiss');
    console.info(`a kept tenant: ${Math.round((full - empty) / 256 / 1024)} KiB`);
  });
});

/** What is in use once everything that nobody holds is gone. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

describe('no credentials', () => {
  it.each([
    ['STS is throttled', 400, refusal('Throttling')],
    ['the role may not be assumed', 403, refusal('AccessDenied')],
    ['STS is down', 500, ''],
    ['STS answers with none', 200, '<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>'],
  ])('are to be had while %s: unavailable, and tried again', async (_what, status, xml) => {
    const sessions = open();
    answer = () => [status, xml];
    await expect(sessions.for('t_acme')).rejects.toMatchObject({ code: 'unavailable' });
    expect(counted.includes('TenantSessionFailures')).toBe(status !== 200);
    answer = (session) => [200, credentials(session)];
    expect(await sessions.for('t_acme')).toEqual({ accessKeyId: 'ASIA-t_acme-2' });
  });
});
