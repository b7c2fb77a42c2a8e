import type { TemplateJson } from '../resolve.ts';
import { roleOf } from '../roles.ts';
import { type Mutations, policyOf, resourceOf, statementOf } from './edit.ts';

const arn = (type: string, prefix: string) => (template: TemplateJson) => ({
  'Fn::GetAtt': [resourceOf(template, type, prefix)[0], 'Arn'],
});
const bucket = arn('AWS::S3::Bucket', 'RawBucket');
const table = arn('AWS::DynamoDB::Table', 'AssetTable');
const tenantRole = arn('AWS::IAM::Role', 'TenantRole');

const grant =
  (role: string, Action: string, resource: (template: TemplateJson) => object, more: object = {}) =>
  (template: TemplateJson) => {
    policyOf(template, role).Statement.push({
      Effect: 'Allow',
      Action,
      Resource: resource(template),
      ...more,
    });
  };

const objects = (template: TemplateJson) => ({ 'Fn::Join': ['', [bucket(template), '/tenants/*']] });

/** What the functions' own roles may do, wrong. */
export const ROLE_MUTATIONS: Mutations = {
  'assets reads the table itself': grant('Assets', 'dynamodb:GetItem', table),
  'assets reads the table itself, by a condition': grant('Assets', 'dynamodb:GetItem', table, {
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/tenant_id}#*'] } },
  }),
  'presign-upload writes objects itself': grant('PresignUpload', 's3:PutObject', objects),
  'register reads objects itself': grant('Register', 's3:GetObjectVersion', objects),
  'register lists the bucket itself': grant('Register', 's3:ListBucketVersions', bucket),
  'authorizer takes the tenant role': grant('Authorizer', 'sts:AssumeRole', tenantRole),
  'publish-events takes the tenant role': grant('Publisher', 'sts:AssumeRole', tenantRole),
  'publish-events writes the table': grant('Publisher', 'dynamodb:UpdateItem', table),
  'publish-events writes its failures among the files': (template) => {
    statementOf(policyOf(template, 'Publisher'), 's3:PutObject').Resource = objects(template);
  },
  'publish-events writes its failures to any account': (template) => {
    delete statementOf(policyOf(template, 'Publisher'), 's3:PutObject').Condition;
  },
  'publish-events lists failures of any account': (template) => {
    delete statementOf(policyOf(template, 'Publisher'), 's3:ListBucket').Condition;
  },
  "the tenant role's policy is a function's too": (template) => {
    const [, policy] = resourceOf(template, 'AWS::IAM::Policy', 'TenantRole');
    policy.Roles.push({ Ref: roleOf(template, 'Assets') });
  },
  'a function takes any role': (template) => {
    statementOf(policyOf(template, 'Assets'), 'sts:AssumeRole').Resource = '*';
  },
  'an inline policy of a role': (template) => {
    const [, role] = resourceOf(template, 'AWS::IAM::Role', 'Authorizer');
    role.Policies = [
      {
        PolicyName: 'more',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'dynamodb:Scan', Resource: table(template) }],
        },
      },
    ];
  },
};
