import { type Condition, readConditions } from './conditions.ts';
import type { RequestContext } from './context.ts';
import {
  type PatternKind,
  type PolicyPattern,
  readPolicyPattern,
  UnsupportedPolicyError,
} from './pattern.ts';

/** Who asks: a role, or a service of AWS. */
export type PrincipalId = { readonly roleArn: string } | { readonly service: string };

export interface AccessRequest {
  readonly principal: PrincipalId;
  /** `s3:GetObject` */
  readonly action: string;
  /** The ARN of what it is done to. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** What a policy is attached to: a role, what it protects, or a role as to who may assume it. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

/** A policy document that was read. */
export type Policy = readonly Statement[];

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  applies(request: AccessRequest): boolean;
}

const ELEMENTS: Readonly<Record<PolicyKind, readonly string[]>> = {
  identity: ['Action', 'Resource'],
  resource: ['Principal', 'Action', 'Resource'],
  trust: ['Principal', 'Action'],
};

/** Whether some statement allows the request and none denies it; what nothing is said of is refused. */
export function isAllowed(policies: readonly Policy[], request: AccessRequest): boolean {
  const effects = policies.flatMap((policy) =>
    policy.filter((statement) => statement.applies(request)).map(({ effect }) => effect),
  );
  return effects.includes('Allow') && !effects.includes('Deny');
}

/**
 * Reads a policy document, its intrinsics resolved.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 *
 * @throws UnsupportedPolicyError for anything that is not evaluated here
 */
export function readPolicy(document: unknown, kind: PolicyKind): Policy {
  const { Version, Statement } = document as { Version?: unknown; Statement?: unknown };
  return [Statement ?? []].flat().map((statement) => {
    return readStatement(statement as StatementJson, kind, Version === '2012-10-17');
  });
}

type StatementJson = Readonly<Record<string, unknown>>;

function readStatement(statement: StatementJson, kind: PolicyKind, variables: boolean): Statement {
  const { Sid: _, Effect: effect, Condition, ...elements } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new UnsupportedPolicyError(`the effect ${effect}`);
  const names = Object.keys(elements);
  const odd = names.find((name) => !ELEMENTS[kind].includes(name));
  if (odd !== undefined) throw new UnsupportedPolicyError(`the element ${odd} (${kind})`);
  const missing = ELEMENTS[kind].find((name) => !names.includes(name));
  if (missing !== undefined) throw new UnsupportedPolicyError(`no ${missing} (${kind})`);

  const { Action, Resource, Principal } = elements;
  const actions = readPatterns(Action, 'action', false);
  const resources = Resource === undefined ? undefined : readPatterns(Resource, 'arn', variables);
  const isPrincipal = Principal === undefined ? () => true : readPrincipal(Principal);
  const conditions: readonly Condition[] = readConditions(Condition, variables);
  return {
    effect,
    applies({ principal, action, resource, context }) {
      return (
        isPrincipal(principal) &&
        actions.some((pattern) => pattern.matches(action, context)) &&
        (resources?.some((pattern) => pattern.matches(resource, context)) ?? true) &&
        conditions.every((condition) => condition.isMet(context))
      );
    },
  };
}

function readPatterns(values: unknown, kind: PatternKind, variables: boolean): readonly PolicyPattern[] {
  return [values].flat().map((value) => readPolicyPattern(String(value), kind, variables));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function readPrincipal(element: unknown): (principal: PrincipalId) => boolean {
  if (element === '*') return () => true;
  const { AWS = [], Service = [], ...others } = element as StatementJson;
  const [odd] = Object.keys(others);
  if (odd !== undefined) throw new UnsupportedPolicyError(`a principal of ${odd}`);
  const services = [Service].flat().map(String);
  const arns = [AWS].flat().map(String);
  const unknown = arns.find((arn) => arn !== '*' && !/^arn:aws:iam::\d{12}:role\/[^*?]+$/.test(arn));
  if (unknown !== undefined) throw new UnsupportedPolicyError(`the principal ${unknown}`);
  return (principal) =>
    'service' in principal
      ? services.includes(principal.service)
      : arns.includes('*') || arns.includes(principal.roleArn);
}
