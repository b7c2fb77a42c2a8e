import { ACCOUNT } from './resolve.ts';
import type { Context } from './simulate.ts';
import { ADMINISTRATOR, type Case, policiesOf, resourcePolicyOf, type World } from './world.ts';

/** Who may do anything, but for what the buckets, the queue and the bus refuse by their own policies. */
const ADMINISTRATOR_ROLE = `arn:aws:iam::${ACCOUNT}:role/administrator`;
export const REDRIVER = `arn:aws:iam::${ACCOUNT}:role/operator`;
export const VERSION_DELETER = `arn:aws:iam::${ACCOUNT}:role/retention`;

/** What buckets, queue and bus refuse to anybody: even to an administrator, and to a tenant on its own files. */
export function resourcePolicyCases(
  world: World,
  versionDeleters: readonly string[] = [],
  redrivers: readonly string[] = [],
): Case[] {
  const { bucket, failures, queue, bus, tenantRole, functionRoles } = world;
  const as = (principal: string, action: string, resource: string, context: Context, allowed: boolean) => ({
    request: { principal, action, resource, context },
    allowed,
    inForce: (policies: Parameters<Case['inForce']>[0]) => ({
      identity: [ADMINISTRATOR],
      resource: resourcePolicyOf(policies, resource),
    }),
  });
  const asAdministrator = (action: string, resource: string, context: Context, allowed: boolean) =>
    as(ADMINISTRATOR_ROLE, action, resource, context, allowed);
  const object = `${bucket}/tenants/t_a/f`;
  return [
    ...[
      ['s3:GetObject', object],
      ['s3:PutObject', object],
      ['s3:ListBucketVersions', bucket],
      ['s3:PutBucketPolicy', bucket],
      ['s3:GetObject', `${failures}/f`],
      ['s3:ListBucket', failures],
      ['sqs:SendMessage', queue],
    ].flatMap(([action = '', resource = '']) =>
      [true, false].map((secure) =>
        asAdministrator(action, resource, { 'aws:SecureTransport': String(secure) }, secure),
      ),
    ),
    ...['s3:GetObject', 's3:PutObject', 's3:GetObjectVersion', 's3:DeleteObject'].flatMap((action) =>
      SIGNATURE_AGES.map(([age, allowed]) =>
        asAdministrator(action, object, { ...SECURE, 's3:signatureAge': age }, allowed),
      ),
    ),
    ...[
      ADMINISTRATOR_ROLE,
      VERSION_DELETER,
      `${VERSION_DELETER}-2`,
      world.arnOf(tenantRole),
      world.arnOf(world.purgeRole),
    ].map((principal) => {
      const isDeleter = principal === world.arnOf(world.purgeRole) || versionDeleters.includes(principal);
      return as(principal, 's3:DeleteObjectVersion', object, SECURE, isDeleter);
    }),
    ...SOURCES.flatMap(([sources, forged]) =>
      [ADMINISTRATOR_ROLE, REDRIVER, `${REDRIVER}s`, ...Object.values(functionRoles).map(world.arnOf)].map(
        (principal) => {
          const isSender =
            principal === world.arnOf(functionRoles['publish-events']) || redrivers.includes(principal);
          return as(principal, 'events:PutEvents', bus, { 'events:source': sources }, isSender || !forged);
        },
      ),
    ),
    // AWS's own services, which a replay of the archive may be.
    as(
      ADMINISTRATOR_ROLE,
      'events:PutEvents',
      bus,
      { 'events:source': ['nexus.raw-storage'], 'aws:PrincipalIsAWSService': 'true' },
      true,
    ),
    // A delete marker hides a version and loses none.
    asAdministrator('s3:DeleteObject', object, SECURE, true),
    ...[{ 'aws:SecureTransport': 'false' }, { ...SECURE, 's3:signatureAge': '2700001' }].map((context) => ({
      request: {
        principal: world.arnOf(tenantRole),
        action: 's3:GetObject',
        resource: object,
        context: { 'aws:PrincipalTag/tenant_id': 't_a', ...context },
      },
      allowed: false,
      inForce: policiesOf(tenantRole, object),
    })),
  ];
}

const SECURE = { 'aws:SecureTransport': 'true' };

/** Of the events of one call, and whether one of them is the service's. */
const SOURCES: readonly (readonly [sources: readonly string[], isOurs: boolean])[] = [
  [['nexus.raw-storage'], true],
  [['theirs', 'nexus.raw-storage'], true],
  [['theirs'], false],
  [['nexus.raw-storage.theirs'], false],
];

/** In milliseconds: 45 minutes are the longest window of a form. */
const SIGNATURE_AGES: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, true],
  ['0', true],
  ['2700000', true],
  ['2700001', false],
  ['604800000', false],
];
