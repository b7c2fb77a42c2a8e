import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../../local/iam/principal.ts';
import { Principals } from '../../../local/iam/principals.ts';
import { readResourcePolicies, readRoles } from '../../../local/iam/template.ts';
import type { StackTemplate } from '../../../local/template/template.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { stackTemplate, templateOf } from '../template-of.ts';

const makeDir = () => temporaryDirectory();
const arnOf = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const TENANT_ROLE = arnOf('tenant-role');
const FUNCTIONS = ['publish-events', 'settle', 'authorizer', 'presign-upload', 'register', 'assets'];
const noon = new Date('2031-02-03T12:00:00.500Z');

let template: StackTemplate;
beforeAll(() => {
  template = stackTemplate(makeDir());
});

const open = (dir: string, now = noon) =>
  new Principals({
    dir,
    roles: readRoles(template),
    resourcePolicies: readResourcePolicies(template),
    now: () => now,
  });

function startSession(principals: Principals, tags: Record<string, string> = {}) {
  const role = principals.role(TENANT_ROLE);
  if (role === undefined) throw new Error('no tenant role');
  return principals.startSession(role, 'test', tags, 3600);
}

describe('the stack', () => {
  test('has a role for each function and two for tenants, with the tags of the stack', () => {
    const roles = readRoles(template);
    expect(roles.map(({ name }) => name).sort()).toEqual(
      [...FUNCTIONS.map((name) => `${name}-role`), 'tenant-role', 'purge-role'].sort(),
    );
    for (const { tags, policies, trust } of roles) {
      expect(tags).toEqual({ env: 'dev', project: 'nexus-raw-storage' });
      expect([policies.length, trust.length]).toEqual([1, 1]);
    }
  });

  test('protects its buckets, its queues and its bus', () => {
    expect(readResourcePolicies(template).map(({ arn }) => arn)).toEqual([
      'arn:aws:s3:::raw-bucket',
      'arn:aws:s3:::failure-bucket',
      'arn:aws:s3:::settlement-failure-bucket',
      'arn:aws:sqs:us-east-1:000000000000:poison-queue',
      'arn:aws:sqs:us-east-1:000000000000:arrival-dead-letters',
      'arn:aws:sqs:us-east-1:000000000000:arrival-queue',
      'arn:aws:events:us-east-1:000000000000:event-bus/event-bus',
    ]);
  });
});

describe('credentials', () => {
  test('are a function’s own, kept for the next start, and readable by their owner alone', () => {
    const dir = makeDir();
    const first = open(dir);
    const credentials = FUNCTIONS.map((name) => first.credentialsOf(arnOf(`${name}-role`)));
    expect(new Set(credentials.map(({ accessKeyId }) => accessKeyId)).size).toBe(FUNCTIONS.length);
    first.close();
    const second = open(dir);
    expect(FUNCTIONS.map((name) => second.credentialsOf(arnOf(`${name}-role`)))).toEqual(credentials);
    expect(second.administrator).toEqual(first.administrator);
    expect(credentials).not.toContainEqual(second.administrator);
    second.close();
    const keys = join(dir, 'keys');
    const files = [...readdirSync(keys).map((name) => join(keys, name)), join(dir, 'sessions.jsonl')];
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600));
    expect(statSync(keys).mode & 0o777).toBe(0o700);
  });

  test('are of no role that no function can have', () => {
    const principals = open(makeDir());
    expect(() => principals.credentialsOf(TENANT_ROLE)).toThrow('No function can have the role');
    expect(principals.signerOf('ASIAOTHER')).toBeUndefined();
    principals.close();
  });
});

describe('a session', () => {
  test('is the same after a restart, until it expires', () => {
    const dir = makeDir();
    const first = open(dir);
    const { credentials, expiration } = startSession(first, { tenant_id: 't_a' });
    expect(expiration).toBe('2031-02-03T13:00:00Z');
    const signer = first.signerOf(credentials.accessKeyId);
    expect(signer).toMatchObject({
      credentials,
      expiration: new Date(expiration),
      principal: {
        arn: 'arn:aws:sts::000000000000:assumed-role/tenant-role/test',
        tags: { tenant_id: 't_a', env: 'dev' },
      },
    });
    first.close();

    const second = open(dir, new Date('2031-02-03T12:59:59Z'));
    const { principal, ...rest } = second.signerOf(credentials.accessKeyId) ?? {};
    expect({ ...rest, tags: principal?.tags }).toEqual({
      credentials,
      expiration: signer?.expiration,
      tags: signer?.principal.tags,
    });
    second.close();

    const third = open(dir, new Date(expiration));
    expect(third.signerOf(credentials.accessKeyId)).toBeUndefined();
    expect(readFileSync(join(dir, 'sessions.jsonl'), 'utf8')).toBe('');
    third.close();
  });
});

describe('what a principal may do', () => {
  const OBJECT = 'arn:aws:s3:::raw-bucket/tenants/t_a/dev/raw/1/a.txt';
  const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/asset-table';
  const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/event-bus';
  const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:poison-queue';
  const leading = (key: string) => ({ 'dynamodb:LeadingKeys': [key] });
  const DAY = { 's3:signatureAge': String(24 * 60 * 60 * 1000) };

  test.each<[string, string, string, Record<string, string | string[]>, boolean]>([
    ['tenant-role', 's3:PutObject', OBJECT, {}, true],
    ['tenant-role', 's3:PutObject', OBJECT, DAY, false],
    ['tenant-role', 's3:DeleteObject', OBJECT, {}, false],
    ['tenant-role', 's3:GetObject', OBJECT.replace('t_a', 't_ab'), {}, false],
    ['tenant-role', 's3:GetObject', OBJECT.replace('raw-bucket', 'other'), {}, false],
    ['tenant-role', 'dynamodb:GetItem', TABLE, leading('t_a#dev#1'), true],
    ['tenant-role', 'dynamodb:GetItem', TABLE, leading('t_ab#dev#1'), false],
    ['tenant-role', 'dynamodb:GetItem', TABLE, {}, false],
    ['tenant-role', 'dynamodb:Query', TABLE, leading('t_a#dev#1'), false],
    ['tenant-role', 'sts:AssumeRole', TENANT_ROLE, {}, false],
    ['presign-upload-role', 'sts:AssumeRole', TENANT_ROLE, {}, true],
    ['presign-upload-role', 's3:PutObject', OBJECT, {}, false],
    ['register-role', 's3:GetObject', OBJECT, {}, false],
    ['assets-role', 'dynamodb:GetItem', TABLE, leading('t_a#dev#1'), false],
    ['assets-role', 'events:PutEvents', BUS, {}, false],
    ['authorizer-role', 'sts:AssumeRole', TENANT_ROLE, {}, false],
    ['publish-events-role', 'events:PutEvents', BUS, {}, true],
    ['publish-events-role', 'sqs:SendMessage', QUEUE, {}, true],
    ['publish-events-role', 'dynamodb:GetItem', TABLE, leading('t_a#dev#1'), false],
    ['publish-events-role', 's3:GetObject', OBJECT, {}, false],
    ['administrator', 's3:DeleteObject', OBJECT, {}, true],
    ['administrator', 's3:DeleteObjectVersion', OBJECT, {}, false],
    ['administrator', 'dynamodb:GetItem', TABLE, {}, true],
  ])('%s, %s on %s with %j: %s', (name, action, resource, context, expected) => {
    const principals = open(makeDir());
    const principal = find(principals, name);
    expect(principals.allows(principal, { action, resource, context })).toBe(expected);
    principals.close();
  });

  function find(principals: Principals, name: string): Principal {
    if (name === 'tenant-role') return startSession(principals, { tenant_id: 't_a' }).principal;
    const credentials =
      name === 'administrator' ? principals.administrator : principals.credentialsOf(arnOf(name));
    const signer = principals.signerOf(credentials.accessKeyId);
    if (signer === undefined) throw new Error(`no signer for ${name}`);
    return signer.principal;
  }
});

test.each<[string, Record<string, unknown>]>([
  ['the managed policy m', { m: { Type: 'AWS::IAM::ManagedPolicy' } }],
  [
    'ManagedPolicyArns of the role r',
    { r: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: [] } } },
  ],
  [
    'PermissionsBoundary of the role r',
    { r: { Type: 'AWS::IAM::Role', Properties: { PermissionsBoundary: 'x' } } },
  ],
  [
    'the condition operator Other',
    {
      r: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: { Effect: 'Allow', Action: '*', Principal: '*', Condition: { Other: {} } },
          },
        },
      },
    },
  ],
])('%s is an error at start', (what, Resources) => {
  expect(() => readRoles(templateOf(Resources))).toThrow(`Policies with ${what} are not evaluated locally`);
});
