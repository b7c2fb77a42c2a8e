import { describe, expect, test } from 'vitest';
import { synth } from '../support/synth.ts';
import { ANYTHING, type Exception, OUTSIDE_OF_TENANT_ROLE } from './exceptions.ts';
import type { TemplateJson } from './resolve.ts';
import { readPolicies, type Statement } from './roles.ts';
import { worldOf } from './world.ts';

const template = synth().toJSON() as TemplateJson;
const world = worldOf(template);
const { roles } = readPolicies(template);

interface Held {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

const held = [...roles.values()].flatMap(({ logicalId: role, policies }) =>
  policies.flatMap(({ Statement }) =>
    Statement.flatMap((statement) => pairs(statement).map((pair): Held => ({ role, ...pair }))),
  ),
);

/** Each action with each resource; an element that names all but something is not understood, and so not let pass. */
function pairs({ Effect, Action, Resource, ...more }: Statement) {
  const { Sid: _, Condition: __, ...unknown } = more as Record<string, unknown>;
  expect({ Effect, ...unknown }).toEqual({ Effect: 'Allow' });
  expect(Action).toBeDefined();
  expect(Resource).toBeDefined();
  return [Action ?? []]
    .flat()
    .flatMap((action) => [Resource ?? []].flat().map((resource) => ({ action, resource })));
}

const isListed = (list: readonly Exception[], { role, action, resource }: Held) =>
  list.some(
    (one) =>
      world.functionRoles[one.fn] === role && one.actions.includes(action) && resourceOf(one) === resource,
  );

const resourceOf = ({ on }: Exception) => (on === 'anything' ? '*' : world[on]);

/** Whether an ARN, or a pattern of ARNs, reaches a resource or what is under it. */
function reaches(pattern: string, resource: string): boolean {
  const fixed = pattern.split(/[*?$]/, 1)[0] as string;
  return pattern === fixed
    ? pattern === resource || pattern.startsWith(`${resource}/`)
    : resource.startsWith(fixed) || fixed.startsWith(resource);
}

test('reads every role', () => {
  const types = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles.size).toBe(types.length);
  expect(held.map(({ role }) => role)).toEqual(expect.arrayContaining([...roles.keys()]));
});

test('no role but those of tenants’ sessions reaches the bucket or the table, except as listed', () => {
  const reaching = held
    .filter(({ role }) => role !== world.tenantRole && role !== world.purgeRole)
    .filter(({ resource }) => [world.bucket, world.table].some((one) => reaches(resource, one)));
  expect(reaching.filter((one) => !isListed([...OUTSIDE_OF_TENANT_ROLE, ...ANYTHING], one))).toEqual([]);
});

test.each(['tenantRole', 'purgeRole'] as const)(
  'the %s reaches nothing but the bucket and the table',
  (name) => {
    const reaching = held.filter(({ role }) => role === world[name]);
    const isTheirs = ({ resource }: Held) =>
      [world.bucket, world.table, `${world.table}/index/list`].some(
        (one) => resource.split('/tenants/')[0] === one,
      );
    expect(reaching.filter((one) => !isTheirs(one))).toEqual([]);
  },
);

test('no action is a pattern, and no resource is everything, except as listed', () => {
  const wide = held.filter(({ action, resource }) => /[*?]/.test(action) || resource === '*');
  expect(wide.filter((one) => !isListed(ANYTHING, one))).toEqual([]);
});

describe('what is listed', () => {
  test.each([...OUTSIDE_OF_TENANT_ROLE, ...ANYTHING])('is held: $fn, $actions on $on', (exception) => {
    const { fn, actions, reason } = exception;
    for (const action of actions) {
      expect(held).toContainEqual({ role: world.functionRoles[fn], action, resource: resourceOf(exception) });
    }
    expect(reason.length).toBeGreaterThan(20);
  });
});

test.each([
  ['arn:aws:s3:::b', true],
  ['arn:aws:s3:::b/*', true],
  ['arn:aws:s3:::b/tenants/*', true],
  ['arn:aws:s3:::b/tenants/t_a/f', true],
  ['arn:aws:s3:::*', true],
  ['arn:aws:s3:::b*', true],
  ['arn:aws:s3:::?/f', true],
  ['*', true],
  ['arn:aws:s3:::bb', false],
  ['arn:aws:s3:::other/*', false],
])('%s reaches the bucket b: %s', (pattern, expected) => {
  expect(reaches(pattern, 'arn:aws:s3:::b')).toBe(expected);
});
