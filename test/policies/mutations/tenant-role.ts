import { TENANT } from '../../../lib/tenant-role.ts';
import type { TemplateJson } from '../resolve.ts';
import { type Mutations, operator, policyOf, rewrite, statementOf } from './edit.ts';

const document = (template: TemplateJson) => policyOf(template, 'TenantRole');
const objects = (template: TemplateJson) => statementOf(document(template), 's3:PutObject');
const list = (template: TemplateJson) => statementOf(document(template), 's3:ListBucketVersions');
const items = (template: TemplateJson) => statementOf(document(template), 'dynamodb:PutItem');

const query = (template: TemplateJson) => statementOf(document(template), 'dynamodb:Query');
const purge = (template: TemplateJson) =>
  statementOf(policyOf(template, 'PurgeRole'), 's3:DeleteObjectVersion');
const purgeList = (template: TemplateJson) =>
  statementOf(policyOf(template, 'PurgeRole'), 's3:ListBucketVersions');

const inAll = (from: string, to: string) => (template: TemplateJson) => {
  for (const statement of [objects, list, items]) rewrite(statement(template), from, to);
};

/** What the tenant role may do, wrong. */
export const TENANT_MUTATIONS: Mutations = {
  'objects: no slash after the tenant': (t) => rewrite(objects(t), `${TENANT}/*`, `${TENANT}*`),
  'objects: of any tenant': (t) => rewrite(objects(t), TENANT, '*'),
  'objects: all under tenants/': (t) => rewrite(objects(t), `/tenants/${TENANT}/*`, '/tenants/*'),
  'objects: the whole bucket': (t) => rewrite(objects(t), `/tenants/${TENANT}/*`, '/*'),
  'objects: the tenant at the root': (t) => rewrite(objects(t), `/tenants/${TENANT}/*`, `/${TENANT}/*`),
  'objects: s3:*': (t) => objects(t).Action.push('s3:*'),
  'objects: s3:Get*': (t) => objects(t).Action.push('s3:Get*'),
  'objects: s3:DeleteObject': (t) => objects(t).Action.push('s3:DeleteObject'),
  'objects: s3:PutObjectTagging': (t) => objects(t).Action.push('s3:PutObjectTagging'),
  'objects: not what is named, but all else': (t) => {
    const statement = objects(t);
    statement.NotResource = statement.Resource;
    delete statement.Resource;
  },

  'objects: of any account': (t) => {
    delete objects(t).Condition;
  },
  'objects: of another account': (t) => {
    objects(t).Condition.StringEquals['aws:ResourceAccount'] = '999988887777';
  },
  'list: of any account': (t) => {
    delete list(t).Condition.StringEquals;
  },

  'list: no slash after the tenant': (t) => rewrite(list(t), `${TENANT}/*`, `${TENANT}*`),
  'list: any tenant': (t) => rewrite(list(t), TENANT, '*'),
  'list: all under tenants/': (t) => rewrite(list(t), `tenants/${TENANT}/*`, 'tenants/*'),
  'list: no condition': (t) => {
    delete list(t).Condition;
  },
  'list: StringLikeIfExists': (t) => operator(list(t), 'StringLike', 'StringLikeIfExists'),
  'list: StringNotLike': (t) => operator(list(t), 'StringLike', 'StringNotLike'),
  'list: ForAllValues:StringLike': (t) => operator(list(t), 'StringLike', 'ForAllValues:StringLike'),
  'list: s3:ListBucket': (t) => {
    list(t).Action = ['s3:ListBucketVersions', 's3:ListBucket'];
  },

  'items: no # after the tenant': (t) => rewrite(items(t), `${TENANT}#*`, `${TENANT}*`),
  'items: of any tenant': (t) => rewrite(items(t), TENANT, '*'),
  'items: no Null guard': (t) => {
    delete items(t).Condition.Null;
  },
  'items: the Null guard turned': (t) => {
    items(t).Condition.Null['dynamodb:LeadingKeys'] = 'true';
  },
  'items: ForAnyValue': (t) => operator(items(t), 'ForAllValues:StringLike', 'ForAnyValue:StringLike'),
  'items: no operator for several keys': (t) => operator(items(t), 'ForAllValues:StringLike', 'StringLike'),
  'items: StringNotLike': (t) => operator(items(t), 'ForAllValues:StringLike', 'ForAllValues:StringNotLike'),
  'items: no leading keys': (t) => {
    delete items(t).Condition['ForAllValues:StringLike'];
  },
  'items: no condition': (t) => {
    delete items(t).Condition;
  },
  'items: dynamodb:*': (t) => items(t).Action.push('dynamodb:*'),
  'items: dynamodb:Scan': (t) => {
    items(t).Action.push('dynamodb:Scan');
    delete items(t).Condition;
  },
  'items: dynamodb:DeleteItem': (t) => items(t).Action.push('dynamodb:DeleteItem'),
  'items: dynamodb:Query': (t) => items(t).Action.push('dynamodb:Query'),
  'items: dynamodb:BatchWriteItem': (t) => items(t).Action.push('dynamodb:BatchWriteItem'),
  'items: indexes too': (t) => {
    const { Resource } = items(t);
    items(t).Resource = [Resource, { 'Fn::Join': ['', [Resource, '/index/*']] }];
  },

  'purge: no slash after the tenant': (t) => rewrite(purge(t), `${TENANT}/*`, `${TENANT}*`),
  'purge: of any tenant': (t) => rewrite(purge(t), TENANT, '*'),
  'purge: the whole bucket': (t) => rewrite(purge(t), `/tenants/${TENANT}/*`, '/*'),
  'purge: of any account': (t) => {
    delete purge(t).Condition;
  },
  'purge: s3:PutObject': (t) => {
    purge(t).Action = ['s3:DeleteObjectVersion', 's3:PutObject'];
  },
  'purge: s3:Delete*': (t) => {
    purge(t).Action = 's3:Delete*';
  },
  'purge list: any tenant': (t) => rewrite(purgeList(t), TENANT, '*'),
  'purge list: no condition': (t) => {
    delete purgeList(t).Condition;
  },
  'query: any tenant': (t) => rewrite(query(t), TENANT, '*'),
  'query: no # after the tenant': (t) => rewrite(query(t), `${TENANT}#*`, `${TENANT}*`),
  'query: no Null guard': (t) => {
    delete query(t).Condition.Null;
  },
  'query: no condition': (t) => {
    delete query(t).Condition;
  },
  'query: any index': (t) => rewrite(query(t), '/index/list', '/index/*'),
  'query: dynamodb:Scan': (t) => {
    query(t).Action = ['dynamodb:Query', 'dynamodb:Scan'];
    delete query(t).Condition;
  },
  'another tag': inAll('PrincipalTag/tenant_id', 'PrincipalTag/tenant'),
  'a tag with a default': inAll(TENANT, "${aws:PrincipalTag/tenant_id, 't_b'}"),
  'the tag of the request': inAll('aws:PrincipalTag', 'aws:RequestTag'),
  'no tag, but its name': inAll(TENANT, 'tenant_id'),
  'version 2008-10-17': (t) => {
    document(t).Version = '2008-10-17';
  },
  'no version': (t) => {
    delete document(t).Version;
  },
};
