import { ACCOUNT, type TemplateJson } from '../resolve.ts';
import { roleOf } from '../roles.ts';
import { type Mutations, operator, resourceOf, rewrite, statementOf } from './edit.ts';

const document = (template: TemplateJson) =>
  resourceOf(template, 'AWS::IAM::Role', 'TenantRole')[1].AssumeRolePolicyDocument;
const purgeTrust = (template: TemplateJson) =>
  resourceOf(template, 'AWS::IAM::Role', 'PurgeRole')[1].AssumeRolePolicyDocument;
const trust = (template: TemplateJson) => statementOf(document(template), 'sts:AssumeRole');

const alsoTrust = (principal: (template: TemplateJson) => unknown) => (template: TemplateJson) => {
  trust(template).Principal.AWS.push(principal(template));
};
const roleArn = (prefix: string) => (template: TemplateJson) => ({
  'Fn::GetAtt': [roleOf(template, prefix), 'Arn'],
});

/** Who may take the tenant role, wrong. */
export const TRUST_MUTATIONS: Mutations = {
  'trust: of a tag of any value': (t) => rewrite(trust(t), '??*', '*'),
  'trust: of a tag of one character': (t) => rewrite(trust(t), '??*', '?*'),
  'trust: of a tag of two characters alone': (t) => rewrite(trust(t), '??*', '??'),
  'trust: no value of the tag': (t) => {
    delete trust(t).Condition.StringLike;
  },
  'trust: any characters in the tag': (t) => {
    delete trust(t).Condition.StringNotLike;
  },
  ...Object.fromEntries(
    ['*/*', '*:*', '*=*', '*+*', '*@*', '* *', '.*', '_*', '-*'].map((pattern) => [
      `trust: a tag like ${pattern}`,
      (t: TemplateJson) => {
        const denied = trust(t).Condition.StringNotLike['aws:RequestTag/tenant_id'];
        denied.splice(denied.indexOf(pattern), 1);
      },
    ]),
  ),
  'trust: refused characters at the beginning alone': (t) => rewrite(trust(t), '*/*', '/*'),
  'trust: refused characters at the end alone': (t) => rewrite(trust(t), '*:*', '*:'),
  'trust: refused characters by themselves alone': (t) =>
    operator(trust(t), 'StringNotLike', 'StringNotEquals'),
  'trust: refused characters required': (t) => operator(trust(t), 'StringNotLike', 'StringLike'),
  'trust: StringLikeIfExists': (t) => operator(trust(t), 'StringLike', 'StringLikeIfExists'),
  'trust: StringNotLike': (t) => operator(trust(t), 'StringLike', 'StringNotLike'),
  'trust: no keys of tags': (t) => {
    delete trust(t).Condition['ForAllValues:StringEquals'];
  },
  'trust: any of the keys of tags': (t) =>
    operator(trust(t), 'ForAllValues:StringEquals', 'ForAnyValue:StringEquals'),
  'trust: keys of tags in any case': (t) =>
    operator(trust(t), 'ForAllValues:StringEquals', 'ForAllValues:StringEqualsIgnoreCase'),
  'trust: another tag beside it': (t) =>
    trust(t).Condition['ForAllValues:StringEquals']['aws:TagKeys'].push('env'),
  'trust: another tag in its place': (t) => rewrite(trust(t), 'tenant_id', 'tenant'),
  'trust: no condition': (t) => {
    delete trust(t).Condition;
  },
  'trust: sessions without tags in a statement of their own': (t) => {
    const { Condition: _, ...statement } = trust(t);
    document(t).Statement.push({ ...statement, Action: 'sts:AssumeRole' });
  },
  'trust: sts:*, unconditionally': (t) => {
    document(t).Statement.push({ Effect: 'Allow', Action: 'sts:*', Principal: trust(t).Principal });
  },
  'trust: no tags at all': (t) => {
    trust(t).Action = 'sts:AssumeRole';
  },
  'trust: authorizer': alsoTrust(roleArn('Authorizer')),
  'trust: publish-events': alsoTrust(roleArn('PublisherPublishEvents')),
  'purge trust: register too': (t) => {
    const statement = statementOf(purgeTrust(t), 'sts:AssumeRole');
    statement.Principal.AWS = [statement.Principal.AWS, roleArn('Register')(t)];
  },
  'purge trust: no tenant in the tag': (t) => {
    delete statementOf(purgeTrust(t), 'sts:AssumeRole').Condition.StringLike;
  },
  'purge trust: any key of tags': (t) => {
    delete statementOf(purgeTrust(t), 'sts:AssumeRole').Condition['ForAllValues:StringEquals'];
  },
  'trust: the whole account': alsoTrust(() => `arn:aws:iam::${ACCOUNT}:root`),
  'trust: another account': alsoTrust(() => 'arn:aws:iam::999988887777:root'),
  'trust: anybody': (t) => {
    trust(t).Principal.AWS = '*';
  },
  'trust: version 2008-10-17': (t) => {
    document(t).Version = '2008-10-17';
  },
};
