import type { FunctionName } from '../../lib/function-names.ts';
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
  [{ tenant_id: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' }, true],
  [{ tenant_id: 'org_2aBcDeFgHiJk' }, true],
  [{ tenant_id: 'ACME.example' }, true],
  [{ tenant_id: 'a1' }, true],
  [{ tenant_id: '' }, false],
  [{ tenant_id: 'a' }, false],
  [{ tenant_id: '*' }, false],
  [{ tenant_id: '../t_b' }, false],
  [{ tenant_id: 't_a/../t_b' }, false],
  [{ tenant_id: 't_a/' }, false],
  [{ tenant_id: '/t_a' }, false],
  [{ tenant_id: 't_a:t_b' }, false],
  [{ tenant_id: 't_a=t_b' }, false],
  [{ tenant_id: 't_a+t_b' }, false],
  [{ tenant_id: 't_a@t_b' }, false],
  [{ tenant_id: 't_a t_b' }, false],
  [{ tenant_id: ' t_a' }, false],
  [{ tenant_id: '.t_a' }, false],
  [{ tenant_id: '_t_a' }, false],
  [{ tenant_id: '-t_a' }, false],
];

/**
 * Who gets a session of the tenant role or of the purge role, and with which tags. Everybody's own policies allow everything here, so that
 * the role's trust alone decides.
 */
export function trustCases(world: World): Case[] {
  const { tenantRole, purgeRole } = world;
  return [
    ...casesOf(world, tenantRole, ['presign-upload', 'register', 'assets', 'settle']),
    ...casesOf(world, purgeRole, ['settle']),
  ];
}

function casesOf(world: World, taken: string, functions: readonly FunctionName[]): Case[] {
  const { functionRoles, tenantRole, purgeRole } = world;
  const trusted = functions.map((name) => functionRoles[name]);
  const principals = [
    ...[...Object.values(functionRoles), tenantRole, purgeRole].map(
      (role) => [world.arnOf(role), trusted.includes(role)] as const,
    ),
    [`arn:aws:iam::${ACCOUNT}:role/administrator`, false] as const,
    [`arn:aws:iam::${ACCOUNT}:user/somebody`, false] as const,
    ...trusted.map((role) => [world.arnOf(role).replace(ACCOUNT, '999988887777'), false] as const),
  ];
  return principals.flatMap(([principal, isTrusted]) =>
    TAGS.flatMap(([tags, allowed]) =>
      ['sts:AssumeRole', 'sts:TagSession'].map((action) => ({
        request: { principal, action, resource: world.arnOf(taken), context: requestTags(tags) },
        allowed: isTrusted && allowed,
        inForce: ({ roles }: Parameters<Case['inForce']>[0]) => ({
          identity: [ADMINISTRATOR],
          resource: roles.get(taken)?.trust,
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
