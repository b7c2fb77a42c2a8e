import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts';
import { LOGICAL_ID_PREFIXES } from '../support/synth.ts';
import { attributeOf, type TemplateJson } from './resolve.ts';
import { type Policies, type PolicyDocument, roleOf } from './roles.ts';
import type { AccessRequest, PoliciesInForce } from './simulate.ts';

/** A request, and whether it is to be allowed. */
export interface Case {
  readonly request: AccessRequest;
  readonly allowed: boolean;
  /** What of the policies under test decides. */
  readonly inForce: (policies: Policies) => PoliciesInForce;
}

/** What requests can name: ARNs, but for roles, which are logical ids. */
export interface World {
  readonly bucket: string;
  readonly failures: string;
  readonly table: string;
  readonly stream: string;
  readonly queue: string;
  readonly settleFailures: string;
  readonly settleQueue: string;
  readonly settleDeadLetters: string;
  readonly purgeRole: string;
  readonly bus: string;
  readonly tenantRole: string;
  readonly functionRoles: Readonly<Record<FunctionName, string>>;
  readonly logGroups: Readonly<Record<FunctionName, string>>;
  readonly arnOf: (role: string) => string;
}

export function worldOf(template: TemplateJson): World {
  const id = (type: string, prefix: string) => {
    const found = Object.entries(template.Resources).filter(
      ([logicalId, { Type }]) => Type === type && logicalId.startsWith(prefix),
    );
    const [[logicalId] = [''], ...others] = found;
    if (logicalId === '' || others.length > 0) throw new Error(`${found.length} of ${type} ${prefix}`);
    return logicalId;
  };
  const arn = (type: string, prefix: string, attribute = 'Arn') =>
    attributeOf(template, id(type, prefix), attribute);
  const byFunction = (value: (prefix: string) => string) =>
    Object.fromEntries(FUNCTION_NAMES.map((name) => [name, value(LOGICAL_ID_PREFIXES[name])])) as Record<
      FunctionName,
      string
    >;
  return {
    bucket: arn('AWS::S3::Bucket', 'RawBucket'),
    failures: arn('AWS::S3::Bucket', 'PublisherFailureBucket'),
    table: arn('AWS::DynamoDB::Table', 'AssetTable'),
    stream: arn('AWS::DynamoDB::Table', 'AssetTable', 'StreamArn'),
    queue: arn('AWS::SQS::Queue', 'PublisherPoisonQueue'),
    settleFailures: arn('AWS::S3::Bucket', 'SettlementFailureBucket'),
    settleQueue: arn('AWS::SQS::Queue', 'SettlementArrivalQueue'),
    settleDeadLetters: arn('AWS::SQS::Queue', 'SettlementArrivalDeadLetters'),
    purgeRole: id('AWS::IAM::Role', 'PurgeRole'),
    bus: arn('AWS::Events::EventBus', 'EventBus'),
    tenantRole: id('AWS::IAM::Role', 'TenantRole'),
    functionRoles: byFunction((prefix) => roleOf(template, prefix)),
    logGroups: byFunction((prefix) => arn('AWS::Logs::LogGroup', `${prefix}Logs`).replace(/:\*$/, '')),
    arnOf: (role) => attributeOf(template, role, 'Arn'),
  };
}

/** Nothing but another's policy can stop one who has this. */
export const ADMINISTRATOR: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

/** A role's own policies, with that of the bucket, queue or bus that is asked for. */
export function policiesOf(role: string, resource: string) {
  return (policies: Policies): PoliciesInForce => {
    const found = policies.roles.get(role);
    if (found === undefined) throw new Error(`the template has no role ${role}`);
    return { identity: found.policies, resource: resourcePolicyOf(policies, resource) };
  };
}

export function resourcePolicyOf(policies: Policies, resource: string): PolicyDocument | undefined {
  return (
    policies.resourcePolicies.get(resource) ?? policies.resourcePolicies.get(resource.split('/', 1)[0] ?? '')
  );
}
