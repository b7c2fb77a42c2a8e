import { ACCOUNT } from './resolve.ts';
import type { Context } from './simulate.ts';
import { ADMINISTRATOR, type Case, type World } from './world.ts';

/** The tags that a session is asked for with, and whether a function that may act for tenants gets it. */
const TAGS: readonly (readonly [tags: Readonly<Record<string, string>>, allowed: boolean])[] = [
  [{ tenant_id: 't_a' }, true],
  [{ tenant_id: 't_ab' }, true],
  [{ tenant_id: 't_a', env: 'prod' }, false],
  [{ tenant_id: 't_a', user: 'u', env: 'prod' }, false],
  [{ env: 't_a' }, false],
  [{ TENANT_ID: 't_a' }, false],
  [{}, false],
  [{ tenant_id: '' }, false],
  [{ tenant_id: '*' }, false],
  [{ tenant_id: 'a' }, false],
  [{ tenant_id: 'T_a' }, false],
  [{ tenant_id: 'xt_a' }, false],
  [{ tenant_id: '../t_b' }, false],
];

/**
 * Who gets a session of the tenant role, and with which tags. Everybody's own policies allow everything here, so that
 * the role's trust alone decides.
 */
export function trustCases(world: World): Case[] {
  const { functionRoles, tenantRole } = world;
  const trusted = (['presign-upload', 'register', 'assets'] as const).map((name) => functionRoles[name]);
  const principals = [
    ...[...Object.values(functionRoles), tenantRole].map(
      (role) => [world.arnOf(role), trusted.includes(role)] as const,
    ),
    [`arn:aws:iam::${ACCOUNT}:role/administrator`, false] as const,
    [`arn:aws:iam::${ACCOUNT}:user/somebody`, false] as const,
    ...trusted.map((role) => [world.arnOf(role).replace(ACCOUNT, '999988887777'), false] as const),
  ];
  return principals.flatMap(([principal, isTrusted]) =>
    TAGS.flatMap(([tags, allowed]) =>
      ['sts:AssumeRole', 'sts:TagSession'].map((action) => ({
        request: { principal, action, resource: world.arnOf(tenantRole), context: requestTags(tags) },
        allowed: isTrusted && allowed,
        inForce: ({ roles }: Parameters<Case['inForce']>[0]) => ({
          identity: [ADMINISTRATOR],
          resource: roles.get(tenantRole)?.trust,
        }),
      })),
    ),
  );
}

function requestTags(tags: Readonly<Record<string, string>>): Context {
  const entries = Object.entries(tags).map(([name, value]) => [`aws:RequestTag/${name}`, value]);
  const keys = Object.keys(tags);
  return { ...Object.fromEntries(entries), 'aws:TagKeys': keys.length > 0 ? keys : undefined };
}
