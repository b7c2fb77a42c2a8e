import { expect, test } from 'vitest';
import { RequestContext } from '../../../local/iam/context.ts';
import { isAllowed, readPolicy } from '../../../local/iam/evaluate.ts';
import { policyMatrix } from '../../policies/matrix.ts';
import { ACCOUNT, type TemplateJson } from '../../policies/resolve.ts';
import { readPolicies } from '../../policies/roles.ts';
import type { AccessRequest } from '../../policies/simulate.ts';
import { type Case, worldOf } from '../../policies/world.ts';
import { synth } from '../../support/synth.ts';

const template = synth().toJSON() as TemplateJson;
const policies = readPolicies(template);

/** As the embedded services do: a role is assumed where both sides allow it, all else where either does. */
function decide({ request, inForce }: Case): boolean {
  const { identity, resource } = inForce(policies);
  const own = identity.map((document) => readPolicy(document, 'identity'));
  const asked = toRequest(request);
  if (resource === undefined) return isAllowed(own, asked);
  const isTrust = resource.Statement.every(({ Resource }) => Resource === undefined);
  if (isTrust) return isAllowed(own, asked) && isAllowed([readPolicy(resource, 'trust')], asked);
  return isAllowed([...own, readPolicy(resource, 'resource')], asked);
}

function toRequest({ principal, action, resource, context }: AccessRequest) {
  const values = Object.entries(context).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return {
    principal: { roleArn: principal },
    action,
    resource,
    context: new RequestContext({
      'aws:PrincipalArn': principal,
      'aws:ResourceAccount': ACCOUNT,
      ...Object.fromEntries(values),
    }),
  };
}

test.each(Object.entries(policyMatrix(worldOf(template))))(
  'decides as the policy matrix has it: %s',
  (_, cases) => {
    const wrong = cases.filter((one) => decide(one) !== one.allowed);
    expect(wrong.map(({ request }) => request)).toEqual([]);
    expect(new Set(cases.map(({ allowed }) => allowed)).size).toBe(2);
  },
);
