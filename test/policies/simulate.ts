import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT } from './resolve.ts';
import type { PolicyDocument } from './roles.ts';

/** Values of condition keys; one that is undefined is not sent. */
export type Context = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface AccessRequest {
  /** ARN of the role that asks. */
  readonly principal: string;
  readonly action: string;
  /** An ARN, or `*` for actions that know no resource. The simulator takes `*` in an ARN for a pattern. */
  readonly resource: string;
  readonly context: Context;
}

export interface PoliciesInForce {
  readonly identity: readonly PolicyDocument[];
  readonly resource?: PolicyDocument | undefined;
}

/** The simulator refuses the request or the policies, or left out a part of them. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

const known = new Map<string, Promise<boolean>>();

/**
 * Whether IAM would allow the request. What was asked before of the same policies is remembered: a mutation leaves most
 * of them as they were.
 *
 * @throws SimulationError when the answer would not be IAM's
 */
export function isAllowed(request: AccessRequest, policies: PoliciesInForce): Promise<boolean> {
  const key = JSON.stringify([request, policies]);
  const answer = known.get(key) ?? simulate(request, policies);
  known.set(key, answer);
  return answer;
}

async function simulate(
  { principal, action, resource, context }: AccessRequest,
  policies: PoliciesInForce,
): Promise<boolean> {
  for (const { Version } of [...policies.identity, ...(policies.resource ? [policies.resource] : [])]) {
    // Under any other version variables are literals to IAM; the simulator expands them all the same.
    if (Version !== '2012-10-17') throw new SimulationError(`a policy of version ${Version}`);
  }
  const sent = Object.entries({
    'aws:PrincipalArn': principal,
    'aws:PrincipalIsAWSService': 'false',
    'aws:ResourceAccount': ACCOUNT,
    ...context,
  });
  const result = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: Object.fromEntries(
          sent.flatMap(([key, value]) =>
            value === undefined ? [] : [[key, typeof value === 'string' ? value : [...value]]],
          ),
        ),
      },
      identityPolicies: policies.identity.map((policy, index) => ({ name: `policy ${index}`, policy })),
      ...(policies.resource && { resourcePolicy: policies.resource }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType !== 'single') {
    throw new SimulationError(`${action} on ${resource}: ${JSON.stringify(result)}`);
  }
  const { ignoredContextKeys } = result.result;
  if (ignoredContextKeys === undefined || ignoredContextKeys.length > 0) {
    throw new SimulationError(`${action} on ${resource}: ignored ${ignoredContextKeys?.join(', ')}`);
  }
  return result.overallResult === 'Allowed';
}
