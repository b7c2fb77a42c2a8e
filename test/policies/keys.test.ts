import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partitionKey } from '#core/assets/asset-record';
import { objectKey } from '#core/assets/object-location';
import { keyParts, tenantId } from '../support/arbitraries.ts';
import { synth } from '../support/synth.ts';
import type { TemplateJson } from './resolve.ts';
import { readPolicies } from './roles.ts';
import { isAllowed } from './simulate.ts';
import { policiesOf, worldOf } from './world.ts';

const template = synth().toJSON() as TemplateJson;
const policies = readPolicies(template);
const world = worldOf(template);
const RUNS = { numRuns: 1000 };

/** The same tenant, any two, and two of which one begins with the other. */
const pair = fc.oneof(
  tenantId.map((tenant) => [tenant, tenant] as const),
  fc.tuple(tenantId, tenantId),
  fc
    .tuple(tenantId, fc.constantFrom('a', '-', '0'))
    .map(([tenant, end]) => [tenant, tenant.slice(0, 61) + end] as const),
);

const ask = (tenant: string, action: string, resource: string, context = {}) =>
  isAllowed(
    {
      principal: world.arnOf(world.tenantRole),
      action,
      resource,
      context: { 'aws:PrincipalTag/tenant_id': tenant, ...context },
    },
    policiesOf(world.tenantRole, resource)(policies),
  );

it('lets a session put a key that the code made exactly if it is its own tenant’s', async () => {
  // The simulator takes `*` and `?` in the ARN of a request for patterns, and no separator of lines for a character.
  const parts = keyParts.filter(({ filename }) => !/[*?\p{Zl}\p{Zp}]/u.test(filename));
  await fc.assert(
    fc.asyncProperty(pair, parts, async ([session, owner], asset) => {
      const key = `${world.bucket}/${objectKey({ ...asset, tenant_id: owner })}`;
      const secure = { 'aws:SecureTransport': 'true' };
      expect(await ask(session, 's3:PutObject', key, secure)).toBe(session === owner);
    }),
    RUNS,
  );
});

it('lets a session read an item that the code made a key of exactly if it is its own tenant’s', async () => {
  await fc.assert(
    fc.asyncProperty(pair, keyParts, async ([session, owner], asset) => {
      const keys = { 'dynamodb:LeadingKeys': [partitionKey({ ...asset, tenant_id: owner })] };
      expect(await ask(session, 'dynamodb:GetItem', world.table, keys)).toBe(session === owner);
    }),
    RUNS,
  );
});
