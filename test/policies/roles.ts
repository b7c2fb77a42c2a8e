import { attributeOf, type ResourceJson, resolve, type TemplateJson } from './resolve.ts';

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly Statement[];
}

/** All that decides who may take a role and what it may do then. */
export interface Role {
  readonly logicalId: string;
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
}

/** The policies of a template, its intrinsics resolved. */
export interface Policies {
  /** By logical id. */
  readonly roles: ReadonlyMap<string, Role>;
  /** By the ARN of the bucket, queue or bus that has it. */
  readonly resourcePolicies: ReadonlyMap<string, PolicyDocument>;
}

/** @throws Error for anything of IAM that is not read here, and so would be missed */
export function readPolicies(template: TemplateJson): Policies {
  const resources = Object.entries(template.Resources);
  const ofType = (type: string) => resources.filter(([, { Type }]) => Type === type);
  for (const [logicalId, { Type, Properties = {} }] of resources) {
    if (!isRead(Type, Properties)) throw new Error(`${Type} ${logicalId} grants in a way that is not read`);
  }
  const attached = ofType('AWS::IAM::Policy').map(([, { Properties }]) => ({
    roles: Properties.Roles.map((role: { Ref: string }) => role.Ref) as string[],
    document: resolve(template, Properties.PolicyDocument) as PolicyDocument,
  }));
  const roles = ofType('AWS::IAM::Role').map(([logicalId, { Properties }]): Role => {
    const inline = (Properties.Policies ?? []).map(
      ({ PolicyDocument: document }: { PolicyDocument: unknown }) => resolve(template, document),
    ) as PolicyDocument[];
    return {
      logicalId,
      arn: attributeOf(template, logicalId, 'Arn'),
      trust: resolve(template, Properties.AssumeRolePolicyDocument) as PolicyDocument,
      policies: [
        ...inline,
        ...attached.filter(({ roles }) => roles.includes(logicalId)).map(({ document }) => document),
      ],
    };
  });
  const resourcePolicies = [
    ...ofType('AWS::S3::BucketPolicy').map(([, { Properties }]) => [Properties.Bucket, Properties]),
    ...ofType('AWS::SQS::QueuePolicy').flatMap(([, { Properties }]) =>
      Properties.Queues.map((queue: unknown) => [queue, Properties]),
    ),
  ].map(([{ Ref }, { PolicyDocument }]): [string, PolicyDocument] => [
    attributeOf(template, Ref, 'Arn'),
    resolve(template, PolicyDocument) as PolicyDocument,
  ]);
  const busPolicies = ofType('AWS::Events::EventBusPolicy').map(
    ([, { Properties }]): [string, PolicyDocument] => [
      attributeOf(template, Properties.EventBusName.Ref, 'Arn'),
      { Version: '2012-10-17', Statement: [resolve(template, Properties.Statement) as Statement] },
    ],
  );
  return {
    roles: new Map(roles.map((role) => [role.logicalId, role])),
    resourcePolicies: new Map([...resourcePolicies, ...busPolicies]),
  };
}

const READ = [
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Events::EventBusPolicy',
];

/** Managed policies, users, boundaries and the table's own policy have no part in this service. */
function isRead(type: string, properties: ResourceJson['Properties']): boolean {
  if (properties.ManagedPolicyArns || properties.PermissionsBoundary || properties.ResourcePolicy)
    return false;
  if (type === 'AWS::IAM::Policy' && (properties.Users || properties.Groups)) return false;
  return READ.includes(type) || !/^AWS::IAM::|Policy$/.test(type);
}

/** The logical id of the role that a function runs as. */
export function roleOf(template: TemplateJson, functionPrefix: string): string {
  const found = Object.entries(template.Resources).filter(
    ([logicalId, { Type }]) => Type === 'AWS::Lambda::Function' && logicalId.startsWith(functionPrefix),
  );
  const [[, { Properties }] = ['', { Properties: {} }], ...others] = found;
  const role = Properties?.Role?.['Fn::GetAtt']?.[0];
  if (typeof role !== 'string' || others.length > 0) throw new Error(`${found.length} of ${functionPrefix}`);
  return role;
}
