import { ACCOUNT_ID } from '../template/account.ts';
import type { ResourceTypes } from '../template/resource-types.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import { type PolicyKind, readPolicy } from './evaluate.ts';
import { UnsupportedPolicyError } from './pattern.ts';
import type { Role } from './principal.ts';
import { Principals, type ResourcePolicy } from './principals.ts';

export const IAM_RESOURCES: ResourceTypes = {
  'AWS::IAM::Role': ({ name }) => ({ Ref: name, Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` }),
};

/** Properties of a role that allow or deny something on AWS, and are not read here. */
const UNREAD = ['ManagedPolicyArns', 'PermissionsBoundary', 'Policies'];

/**
 * Opens the principals of a stack, whose keys and sessions are kept in `dir`.
 *
 * @throws UnsupportedTemplateError for a policy that is not evaluated locally
 */
export function openPrincipals(dir: string, template: StackTemplate, now?: () => Date): Principals {
  return new Principals({
    dir,
    roles: readRoles(template),
    resourcePolicies: readResourcePolicies(template),
    ...(now && { now }),
  });
}

/**
 * Reads the stack's roles, each with the policies that are attached to it.
 *
 * @throws UnsupportedTemplateError for a policy that is not evaluated locally
 */
export function readRoles(template: StackTemplate): readonly Role[] {
  const [managed] = template.resources('AWS::IAM::ManagedPolicy');
  if (managed !== undefined) throw new UnsupportedPolicyError(`the managed policy ${managed.logicalId}`);
  const policies = template.resources('AWS::IAM::Policy');
  return template.resources('AWS::IAM::Role').map((resource) => readRole(template, resource, policies));
}

function readRole(
  template: StackTemplate,
  { logicalId, name, properties }: Resource,
  policies: readonly Resource[],
): Role {
  const unread = UNREAD.find((property) => properties[property] !== undefined);
  if (unread !== undefined) throw new UnsupportedPolicyError(`${unread} of the role ${name}`);
  const tags = (properties['Tags'] ?? []) as readonly { Key: string; Value: string }[];
  const isAttached = (policy: Resource) => {
    const roles = (policy.properties['Roles'] ?? []) as readonly unknown[];
    return roles.some((reference) => referredId(reference) === logicalId);
  };
  return {
    name,
    arn: String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] })),
    tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    policies: policies
      .filter(isAttached)
      .map((policy) => read(template, policy, 'PolicyDocument', 'identity')),
    trust: read(template, { logicalId, properties }, 'AssumeRolePolicyDocument', 'trust'),
  };
}

/** Reads the policies of the stack's buckets, queues and buses. */
export function readResourcePolicies(template: StackTemplate): readonly ResourcePolicy[] {
  const attached = (type: string, property: string) =>
    template.resources(type).flatMap((policy) => {
      const document = read(template, policy, 'PolicyDocument', 'resource');
      return [policy.properties[property]].flat().map((reference) => ({
        arn: String(template.resolve({ 'Fn::GetAtt': [referredId(reference), 'Arn'] })),
        policy: document,
      }));
    });
  return [
    ...attached('AWS::S3::BucketPolicy', 'Bucket'),
    ...attached('AWS::SQS::QueuePolicy', 'Queues'),
    ...template.resources('AWS::Events::EventBusPolicy').map(readBusPolicy.bind(undefined, template)),
  ];
}

/** A bus takes its policy statement by statement. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html */
function readBusPolicy(template: StackTemplate, { logicalId, properties }: Resource): ResourcePolicy {
  const document = { Version: '2012-10-17', Statement: properties['Statement'] ?? {} };
  return {
    arn: String(template.resolve({ 'Fn::GetAtt': [referredId(properties['EventBusName']), 'Arn'] })),
    policy: read(template, { logicalId, properties: { document } }, 'document', 'resource'),
  };
}

/** The logical id of what a policy is attached to. */
function referredId(reference: unknown): string {
  const { Ref } = reference as { Ref?: unknown };
  if (typeof Ref === 'string') return Ref;
  throw new UnsupportedPolicyError(`what is attached to ${JSON.stringify(reference)}`);
}

function read(
  template: StackTemplate,
  { logicalId, properties }: Pick<Resource, 'logicalId' | 'properties'>,
  property: string,
  kind: PolicyKind,
) {
  try {
    return readPolicy(template.resolve(properties[property]), kind);
  } catch (error) {
    throw new UnsupportedTemplateError(`${logicalId}: ${(error as Error).message}`, { cause: error });
  }
}
