import { resourcePolicyCases } from './bucket-policy-cases.ts';
import { functionCases } from './function-cases.ts';
import type { Policies } from './roles.ts';
import { isAllowed, SimulationError } from './simulate.ts';
import { tenantCases } from './tenant-cases.ts';
import { trustCases } from './trust-cases.ts';
import type { Case, World } from './world.ts';

/** Every case, by what it asks about; the fewest first, so that a mistake is found the sooner. */
export function policyMatrix(world: World): Readonly<Record<string, readonly Case[]>> {
  return {
    'what buckets, queue and bus refuse to anybody': resourcePolicyCases(world),
    'who gets a session, with which tags': trustCases(world),
    'every role, with every action, on everything': functionCases(world),
    'sessions of every tag, on the files and items of every tenant': tenantCases(world),
  };
}

/** The cases that turn out otherwise than they should, each in one line: the first of them, as many as are asked for. */
export async function failures(
  cases: readonly Case[],
  policies: Policies,
  most = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const found: string[] = [];
  for (const { request, allowed, inForce } of cases) {
    if (found.length >= most) break;
    const outcome = await outcomeOf(() => isAllowed(request, inForce(policies)));
    const expected = allowed ? 'allowed' : 'denied';
    if (outcome === expected) continue;
    const { principal, action, resource, context } = request;
    found.push(`${outcome}, not ${expected}: ${principal} ${action} ${resource} ${JSON.stringify(context)}`);
  }
  return found;
}

async function outcomeOf(ask: () => Promise<boolean>): Promise<string> {
  try {
    return (await ask()) ? 'allowed' : 'denied';
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    return error.message;
  }
}
