import type { Context } from './simulate.ts';
import { type Case, policiesOf, type World } from './world.ts';

/** Tenants as a session may be tagged with them, or a request name them. */
const TENANTS = {
  own: 't_a',
  other: 't_b',
  sibling: 't_ab',
  'another case': 'T_A',
  'a dot further': 't_a.b',
  empty: '',
  'any text': '*',
  'any tenant': 't_*',
  'any letter': 't_?',
  'from the parent': '../t_b',
  'through the parent': 't_a/../t_b',
} as const;

const NAMED = Object.values(TENANTS);
const TAGS = [...NAMED, undefined];

const OBJECT_ACTIONS = ['s3:PutObject', 's3:GetObject', 's3:GetObjectVersion'];
const ITEM_ACTIONS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const PURGE_ACTIONS = ['s3:DeleteObjectVersion'];

/**
 * Every action of the tenant role and of the purge role, by sessions of every tag, on what every tenant could call its own. To IAM and S3 a
 * key is text: neither wildcards in a tag nor `..` in a key mean anything.
 */
export function tenantCases(world: World): Case[] {
  const { table, tenantRole, purgeRole } = world;
  const request = requestOf(world, tenantRole);
  return TAGS.flatMap((tag) => [
    ...objectCases(world, tenantRole, OBJECT_ACTIONS, tag),
    ...objectCases(world, purgeRole, PURGE_ACTIONS, tag),
    ...ITEM_ACTIONS.flatMap((action) => [
      ...LEADING_KEYS.map((keys) => ({
        ...request(tag, action, table, { 'dynamodb:LeadingKeys': keys }),
        allowed: isOwn(tag, keys),
      })),
      {
        ...request(tag, action, `${table}/index/any`, { 'dynamodb:LeadingKeys': [`${tag}#dev#1`] }),
        allowed: false,
      },
    ]),
    ...LEADING_KEYS.map((keys) => ({
      ...request(tag, 'dynamodb:Query', `${table}/index/list`, { 'dynamodb:LeadingKeys': keys }),
      allowed: isOwn(tag, keys),
    })),
  ]);
}

const requestOf =
  (world: World, role: string) =>
  (tag: string | undefined, action: string, resource: string, context: Context) => ({
    request: {
      principal: world.arnOf(role),
      action,
      resource,
      context: { 'aws:PrincipalTag/tenant_id': tag, ...context },
    },
    inForce: policiesOf(role, resource),
  });

/** What sessions of a role may do on objects, and list. */
function objectCases(
  world: World,
  role: string,
  actions: readonly string[],
  tag: string | undefined,
): Case[] {
  const { bucket } = world;
  const request = requestOf(world, role);
  return [
    ...actions.flatMap((action) =>
      KEYS.map((key) => ({
        ...request(tag, action, `${bucket}/${key}`, SIGNED),
        allowed: isUnder(`tenants/${tag}/`, tag, key),
      })),
    ),
    ...(tag?.includes('*') ? [] : actions).map((action) => ({
      ...request(tag, action, `${bucket}/tenants/${tag}/dev/raw/1/f`, ELSEWHERE),
      allowed: false,
    })),
    {
      ...request(tag, 's3:ListBucketVersions', bucket, { ...ELSEWHERE, 's3:prefix': `tenants/${tag}/` }),
      allowed: false,
    },
    ...PREFIXES.map((prefix) => ({
      ...request(tag, 's3:ListBucketVersions', bucket, { ...SIGNED, 's3:prefix': prefix }),
      allowed: prefix !== undefined && isUnder(`tenants/${tag}/`, tag, prefix),
    })),
  ];
}

const SIGNED = { 'aws:SecureTransport': 'true', 's3:signatureAge': '2700000' };

/** A bucket of the same name that another account has made, once this one was gone. */
const ELSEWHERE = { ...SIGNED, 'aws:ResourceAccount': '999988887777' };

/** The rule itself, without IAM: a session without a tenant has nothing of its own. */
function isUnder(prefix: string, tag: string | undefined, text: string): boolean {
  return Boolean(tag) && text.startsWith(prefix);
}

function isOwn(tag: string | undefined, keys: readonly string[] | undefined): boolean {
  return keys?.every((key) => isUnder(`${tag}#`, tag, key)) ?? false;
}

const KEYS = [
  ...NAMED.flatMap((tenant) => [
    `tenants/${tenant}/dev/raw/1/f`,
    `tenants/${tenant}`,
    `other/${tenant}/dev/raw/1/f`,
  ]),
  'f',
  // What a policy without its variable would name.
  'tenants/undefined/f',
].filter((key) => !key.includes('*'));

const PREFIXES = [
  ...NAMED.flatMap((tenant) => [
    `tenants/${tenant}/dev/raw/1/f`,
    `tenants/${tenant}/`,
    `tenants/${tenant}`,
    `${tenant}/`,
  ]),
  'tenants/',
  'tenants/t_',
  '',
  undefined,
];

const LEADING_KEYS = [
  ...NAMED.flatMap((tenant) => [[`${tenant}#dev#1`], [tenant], [`t_a#dev#1`, `${tenant}#dev#1`]]),
  ['t_b#t_a#dev#1'],
  undefined,
];
