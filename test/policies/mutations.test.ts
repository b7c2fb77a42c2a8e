import { afterAll, expect, test } from 'vitest';
import { synth } from '../support/synth.ts';
import { failures, policyMatrix } from './matrix.ts';
import { RESOURCE_POLICY_MUTATIONS } from './mutations/resource-policies.ts';
import { ROLE_MUTATIONS } from './mutations/roles.ts';
import { TENANT_MUTATIONS } from './mutations/tenant-role.ts';
import { TRUST_MUTATIONS } from './mutations/trust.ts';
import type { TemplateJson } from './resolve.ts';
import { readPolicies } from './roles.ts';
import { worldOf } from './world.ts';

const template = synth().toJSON() as TemplateJson;
const cases = Object.values(policyMatrix(worldOf(template))).flat();
const mutations = Object.entries({
  ...TENANT_MUTATIONS,
  ...ROLE_MUTATIONS,
  ...TRUST_MUTATIONS,
  ...RESOURCE_POLICY_MUTATIONS,
});

let killed = 0;
afterAll(() => console.info(`policy mutations: killed ${killed} of ${mutations.length}`));

/** The only ones that IAM's simulator would not see by itself. */
const VERSIONS = /no version|version 2008-10-17/;

// That nothing fails without a mutation is matrix.test.ts's to show.
test.each(mutations)('%s', async (name, mutate) => {
  const mutant = structuredClone(template);
  mutate(mutant);
  expect(mutant).not.toEqual(template);
  const [failure] = await failures(cases, readPolicies(mutant), 1);
  expect(failure).toMatch(
    VERSIONS.test(name) ? /^a policy of version/ : /^(allowed, not denied|denied, not allowed)/,
  );
  killed += 1;
});
