import { describe, expect, test } from 'vitest';
import { RequestContext } from '../../../local/iam/context.ts';
import { isAllowed, type PolicyKind, type PrincipalId, readPolicy } from '../../../local/iam/evaluate.ts';

const VERSION = '2012-10-17';
const roleArn = 'arn:aws:iam::000000000000:role/reader';
const KEY = 'arn:aws:s3:::raw/tenants/t_a/x';

interface Asked {
  readonly action?: string;
  readonly resource?: string;
  readonly principal?: PrincipalId;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

function ask(
  statements: unknown,
  { action = 's3:GetObject', resource = KEY, principal = { roleArn }, context = {} }: Asked,
  { version = VERSION, kind = 'identity' as PolicyKind } = {},
): boolean {
  const policy = readPolicy({ ...(version && { Version: version }), Statement: statements }, kind);
  return isAllowed([policy], { principal, action, resource, context: new RequestContext(context) });
}

const allow = (statement: object = {}) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...statement });
const deny = (statement: object = {}) => ({ ...allow(statement), Effect: 'Deny' });

describe('what is said of a request', () => {
  test.each<[string, unknown, boolean]>([
    ['nothing', [], false],
    ['a statement that allows it', allow(), true],
    ['one statement in a list', [allow({ Action: 's3:PutObject' }), allow()], true],
    ['that it is denied as well, before', [deny(), allow()], false],
    ['that it is denied as well, after', [allow(), deny({ Action: 's3:Get*' })], false],
    ['that something else is denied', [allow(), deny({ Action: 's3:PutObject' })], true],
    ['that it is denied, and no more', deny(), false],
  ])('%s', (_, statements, expected) => {
    expect(ask(statements, {})).toBe(expected);
  });
});

describe('an action', () => {
  test.each<[string | string[], boolean]>([
    ['s3:GetObject', true],
    ['S3:getobject', true],
    ['s3:Get*', true],
    ['s3:*Object', true],
    ['s3:Get?bject', true],
    ['*', true],
    [['s3:PutObject', 's3:GetObject'], true],
    ['s3:GetObjectVersion', false],
    ['s3:Get', false],
    ['s3:Get?Object', false],
    ['s3.GetObject', false],
    ['dynamodb:*', false],
  ])('%j covers s3:GetObject: %s', (Action, expected) => {
    expect(ask(allow({ Action }), {})).toBe(expected);
  });
});

describe('a resource', () => {
  test.each<[string | string[], string, boolean]>([
    ['*', KEY, true],
    [KEY, KEY, true],
    ['arn:aws:s3:::raw/*', KEY, true],
    ['arn:aws:s3:::raw/*', 'arn:aws:s3:::raw/a:b\nc/😀', true],
    ['arn:aws:s3:::raw/?', 'arn:aws:s3:::raw/😀', true],
    ['arn:aws:s3:::raw/tenants/t_?/x', KEY, true],
    [['arn:aws:s3:::other', 'arn:aws:s3:::raw/*'], KEY, true],
    ['arn:aws:s3:::raw/*', 'arn:aws:s3:::raw', false],
    ['arn:aws:s3:::raw/*', 'arn:aws:s3:::raws/tenants', false],
    ['arn:aws:s3:::raw/tenants/t_a/*', 'arn:aws:s3:::raw/tenants/t_ab/x', false],
    ['arn:aws:s3:::raw/tenants/t_a/*', 'arn:aws:s3:::raw/tenants/T_A/x', false],
    ['arn:aws:s3:::r.w/*', KEY, false],
    ['arn:aws:*:table/a', 'arn:aws:dynamodb:us-east-1:0:table/a', false],
    ['arn:aws:*:*:*:table/a', 'arn:aws:dynamodb:us-east-1:0:table/a', true],
  ])('%j covers %j: %s', (Resource, resource, expected) => {
    expect(ask(allow({ Resource }), { resource })).toBe(expected);
  });
});

describe('a variable', () => {
  const own = allow({ Resource: 'arn:aws:s3:::raw/tenants/${aws:PrincipalTag/tenant_id}/*' });
  test.each<[string, string | undefined, string, boolean]>([
    ['is the tag', 't_a', 'tenants/t_a/x', true],
    ['is the tag, in its case', 't_a', 'tenants/T_A/x', false],
    ['of a sibling is another', 't_a', 'tenants/t_ab/x', false],
    ['of a sibling is another, either way', 't_ab', 'tenants/t_a/x', false],
    ['that is missing matches nothing', undefined, 'tenants/t_a/x', false],
    ['that is missing is not empty', undefined, 'tenants//x', false],
    ['that is missing is not its name', undefined, 'tenants/${aws:PrincipalTag/tenant_id}/x', false],
    ['that is empty is missing', '', 'tenants//x', false],
    ['holds no wildcard, any', '*', 'tenants/t_a/x', false],
    ['holds no wildcard, one', 't_?', 'tenants/t_a/x', false],
    ['holds no expression', 't_[a-z]', 'tenants/t_a/x', false],
    ['may be an asterisk', '*', 'tenants/*/x', true],
    ['is not read for variables again', '${*}', 'tenants/t_a/x', false],
    ['does not climb', 't_a', 'tenants/t_a', false],
  ])('%s', (_, tag, key, expected) => {
    const context = tag === undefined ? {} : { 'aws:PrincipalTag/tenant_id': tag };
    expect(ask(own, { resource: `arn:aws:s3:::raw/${key}`, context })).toBe(expected);
  });

  test.each(['2008-10-17', ''])('is text under version "%s"', (version) => {
    const context = { 'aws:PrincipalTag/tenant_id': 't_a' };
    expect(ask(own, { resource: 'arn:aws:s3:::raw/tenants/t_a/x', context }, { version })).toBe(false);
    const literal = 'arn:aws:s3:::raw/tenants/${aws:PrincipalTag/tenant_id}/x';
    expect(ask(own, { resource: literal, context }, { version })).toBe(true);
  });

  test.each([
    ['${*}', 'arn:aws:s3:::*', true],
    ['${*}', 'arn:aws:s3:::a', false],
    ['${?}', 'arn:aws:s3:::?', true],
    ['${?}', 'arn:aws:s3:::a', false],
    ['${$}', 'arn:aws:s3:::$', true],
  ])('%s is a character: %s is covered: %s', (text, resource, expected) => {
    expect(ask(allow({ Resource: `arn:aws:s3:::${text}` }), { resource })).toBe(expected);
  });

  test('of another kind is an error', () => {
    for (const name of ['aws:username', "aws:PrincipalTag/a, 'b'", 's3:prefix']) {
      expect(() => ask(allow({ Resource: `arn:aws:s3:::\${${name}}` }), {})).toThrow(
        `the variable \${${name}}`,
      );
    }
  });
});

describe('a condition', () => {
  const A = { 'aws:PrincipalTag/tenant_id': 't_a' };
  const keys = (...leading: string[]) => ({ ...A, 'dynamodb:LeadingKeys': leading });
  const tag = '${aws:PrincipalTag/tenant_id}';
  test.each<[string, object, Asked['context'], boolean]>([
    ['StringEquals, met', { StringEquals: { 's3:prefix': ['a', 'b'] } }, { 's3:prefix': 'b' }, true],
    ['StringEquals, another', { StringEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'A' }, false],
    ['StringEquals, no pattern', { StringEquals: { 's3:prefix': 'a*' } }, { 's3:prefix': 'ab' }, false],
    ['StringEquals, literally', { StringEquals: { 's3:prefix': 'a*' } }, { 's3:prefix': 'a*' }, true],
    ['StringEquals, no key', { StringEquals: { 's3:prefix': '' } }, {}, false],
    ['StringEquals, a key in any case', { StringEquals: { 'S3:Prefix': 'a' } }, { 's3:prefix': 'a' }, true],
    [
      'StringLike, met',
      { StringLike: { 's3:prefix': `tenants/${tag}/*` } },
      { ...A, 's3:prefix': 'tenants/t_a/x' },
      true,
    ],
    [
      'StringLike, a sibling',
      { StringLike: { 's3:prefix': `tenants/${tag}/*` } },
      { ...A, 's3:prefix': 'tenants/t_ab/x' },
      false,
    ],
    [
      'StringLike, the whole',
      { StringLike: { 's3:prefix': `tenants/${tag}/*` } },
      { ...A, 's3:prefix': '' },
      false,
    ],
    [
      'StringLike, no tag',
      { StringLike: { 's3:prefix': `tenants/${tag}/*` } },
      { 's3:prefix': 'tenants//x' },
      false,
    ],
    ['StringLike, no key', { StringLike: { 's3:prefix': '*' } }, {}, false],
    [
      'StringNotLike, none of two',
      { StringNotLike: { 's3:prefix': ['*:*', '*/*'] } },
      { 's3:prefix': 'a' },
      true,
    ],
    [
      'StringNotLike, one of two',
      { StringNotLike: { 's3:prefix': ['*:*', '*/*'] } },
      { 's3:prefix': 'a/' },
      false,
    ],
    ['StringNotLike, no key', { StringNotLike: { 's3:prefix': '*' } }, {}, true],
    [
      'ForAllValues:StringLike, one',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${tag}#*` } },
      keys('t_a#dev#1'),
      true,
    ],
    [
      'ForAllValues:StringLike, all',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${tag}#*` } },
      keys('t_a#1', 't_a#2'),
      true,
    ],
    [
      'ForAllValues:StringLike, not all',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${tag}#*` } },
      keys('t_a#1', 't_ab#2'),
      false,
    ],
    [
      'ForAllValues:StringLike, none',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${tag}#*` } },
      A,
      true,
    ],
    [
      'ForAllValues:StringLike, no tag',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${tag}#*` } },
      { 'dynamodb:LeadingKeys': '#1' },
      false,
    ],
    [
      'ForAllValues:StringEquals, all',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] } },
      { 'aws:TagKeys': ['tenant_id'] },
      true,
    ],
    [
      'ForAllValues:StringEquals, one more',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] } },
      { 'aws:TagKeys': ['tenant_id', 'env'] },
      false,
    ],
    [
      'ForAllValues:StringEquals, another case',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant_id'] } },
      { 'aws:TagKeys': ['Tenant_id'] },
      false,
    ],
    ['Null false, there', { Null: { 'dynamodb:LeadingKeys': 'false' } }, keys('a'), true],
    ['Null false, not there', { Null: { 'dynamodb:LeadingKeys': false } }, A, false],
    ['Null false, empty', { Null: { 'dynamodb:LeadingKeys': 'false' } }, keys(), false],
    ['Null true, not there', { Null: { 'dynamodb:LeadingKeys': 'true' } }, A, true],
    ['Null true, there', { Null: { 'dynamodb:LeadingKeys': true } }, keys('a'), false],
    ['Bool, met', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'false' }, true],
    ['Bool, another', { Bool: { 'aws:SecureTransport': false } }, { 'aws:SecureTransport': 'true' }, false],
    ['Bool, no key', { Bool: { 'aws:SecureTransport': 'false' } }, {}, false],
    ['BoolIfExists, no key', { BoolIfExists: { 'aws:SecureTransport': 'false' } }, {}, true],
    [
      'BoolIfExists, another',
      { BoolIfExists: { 'aws:SecureTransport': 'false' } },
      { 'aws:SecureTransport': 'true' },
      false,
    ],
    [
      'NumericGreaterThan, greater',
      { NumericGreaterThan: { 's3:signatureAge': 10 } },
      { 's3:signatureAge': '11' },
      true,
    ],
    [
      'NumericGreaterThan, equal',
      { NumericGreaterThan: { 's3:signatureAge': '10' } },
      { 's3:signatureAge': '10' },
      false,
    ],
    [
      'NumericGreaterThan, as a number',
      { NumericGreaterThan: { 's3:signatureAge': '10' } },
      { 's3:signatureAge': '9' },
      false,
    ],
    ['NumericGreaterThan, no key', { NumericGreaterThan: { 's3:signatureAge': '-1' } }, {}, false],
    [
      'ArnNotLike, another',
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/purger' } },
      { 'aws:PrincipalArn': roleArn },
      true,
    ],
    [
      'ArnNotLike, this one',
      { ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::1:role/x', 'arn:aws:iam::*:role/read*'] } },
      { 'aws:PrincipalArn': roleArn },
      false,
    ],
    [
      'ArnEquals, this one',
      { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:*:1:rule/a' } },
      { 'aws:SourceArn': 'arn:aws:events:us-east-1:1:rule/a' },
      true,
    ],
    [
      'ArnEquals, another',
      { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:*:1:rule/a' } },
      { 'aws:SourceArn': 'arn:aws:events:us-east-1:1:rule/ab' },
      false,
    ],
    ['ArnEquals, no key', { ArnEquals: { 'aws:SourceArn': '*' } }, {}, false],
    ['ArnNotLike, no key', { ArnNotLike: { 'aws:PrincipalArn': '*' } }, {}, true],
    [
      'two operators, both met',
      { Null: { 'aws:TagKeys': 'true' }, StringLike: { 's3:prefix': 'a*' } },
      { 's3:prefix': 'ab' },
      true,
    ],
    [
      'two operators, one met',
      { Null: { 'aws:TagKeys': 'false' }, StringLike: { 's3:prefix': 'a*' } },
      { 's3:prefix': 'ab' },
      false,
    ],
    [
      'two keys, one met',
      { StringLike: { 's3:prefix': 'a*', 'aws:TagKeys': 'b' } },
      { 's3:prefix': 'ab' },
      false,
    ],
  ])('%s', (_, Condition, context, expected) => {
    expect(ask(allow({ Condition }), { context: context ?? {} })).toBe(expected);
    expect(ask([allow(), deny({ Condition })], { context: context ?? {} })).toBe(!expected);
  });
});

describe('a principal', () => {
  const cases: [unknown, PrincipalId, boolean][] = [
    ['*', { roleArn }, true],
    [{ AWS: '*' }, { roleArn }, true],
    [{ AWS: roleArn }, { roleArn }, true],
    [{ AWS: ['arn:aws:iam::000000000000:role/other', roleArn] }, { roleArn }, true],
    [{ AWS: 'arn:aws:iam::000000000000:role/other' }, { roleArn }, false],
    [{ Service: 'lambda.amazonaws.com' }, { service: 'lambda.amazonaws.com' }, true],
    [{ Service: 'lambda.amazonaws.com' }, { service: 's3.amazonaws.com' }, false],
    [{ Service: 'lambda.amazonaws.com' }, { roleArn }, false],
    [{ AWS: roleArn }, { service: 'lambda.amazonaws.com' }, false],
  ];
  test.each(cases)('%j is %j: %s', (Principal, principal, expected) => {
    expect(ask(allow({ Principal }), { principal }, { kind: 'resource' })).toBe(expected);
    const { Resource: _, ...trust } = allow({ Principal });
    expect(ask(trust, { principal }, { kind: 'trust' })).toBe(expected);
  });
});

test.each<[string, object, PolicyKind]>([
  [
    'the condition operator StringNotEquals',
    { Condition: { StringNotEquals: { 's3:prefix': 'a' } } },
    'identity',
  ],
  [
    'the condition operator ForAnyValue:StringLike',
    { Condition: { 'ForAnyValue:StringLike': {} } },
    'identity',
  ],
  ['the condition operator StringLikeIfExists', { Condition: { StringLikeIfExists: {} } }, 'identity'],
  ['the condition operator constructor', { Condition: { constructor: {} } }, 'identity'],
  ['the condition key aws:SourceIp', { Condition: { StringLike: { 'aws:SourceIp': '*' } } }, 'identity'],
  ['yes for true or false', { Condition: { Bool: { 'aws:SecureTransport': 'yes' } } }, 'identity'],
  ['many for a number', { Condition: { NumericGreaterThan: { 's3:signatureAge': 'many' } } }, 'identity'],
  ['the element NotAction', { NotAction: 's3:*' }, 'identity'],
  ['the element Principal', { Principal: '*' }, 'identity'],
  ['the element Resource', { Principal: '*' }, 'trust'],
  ['no Principal', {}, 'resource'],
  ['a principal of Federated', { Principal: { Federated: 'x' } }, 'resource'],
  ['the principal arn:aws:iam::1:root', { Principal: { AWS: 'arn:aws:iam::1:root' } }, 'resource'],
  ['the effect allow', { Effect: 'allow' }, 'identity'],
])('%s is an error when the policy is read', (what, statement, kind) => {
  expect(() => readPolicy({ Version: VERSION, Statement: allow(statement) }, kind)).toThrow(
    `Policies with ${what}`,
  );
});
