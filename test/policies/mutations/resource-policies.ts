import type { TemplateJson } from '../resolve.ts';
import { type Mutations, operator, policyOf, resourceOf, statementOf } from './edit.ts';

const document = (template: TemplateJson) => policyOf(template, 'RawBucketPolicy');

// biome-ignore lint/suspicious/noExplicitAny: as loose as the template that it is a part of
const bySid = (template: TemplateJson, sid: string | undefined): any =>
  document(template).Statement.find(({ Sid }: { Sid?: string }) => Sid === sid);
const plainHttp = (template: TemplateJson) => bySid(template, undefined);
const oldSignatures = (template: TemplateJson) => bySid(template, 'DenyOldSignatures');
const versionDeletion = (template: TemplateJson) => bySid(template, 'DenyVersionDeletion');

const drop = (statement: (template: TemplateJson) => unknown) => (template: TemplateJson) => {
  const policy = document(template);
  policy.Statement = policy.Statement.filter((one: unknown) => one !== statement(template));
};

const age = (milliseconds: number) => (template: TemplateJson) => {
  oldSignatures(template).Condition.NumericGreaterThan['s3:signatureAge'] = milliseconds;
};

const busDenial = (template: TemplateJson) =>
  resourceOf(template, 'AWS::Events::EventBusPolicy', 'EventBus')[1].Statement;

/** What buckets, queue and bus refuse, wrong. */
export const RESOURCE_POLICY_MUTATIONS: Mutations = {
  'bucket: plain HTTP not denied': drop(plainHttp),
  'bucket: plain HTTP denied for the bucket only': (t) => {
    plainHttp(t).Resource = plainHttp(t).Resource[0];
  },
  'bucket: plain HTTP denied for objects only': (t) => {
    plainHttp(t).Resource = plainHttp(t).Resource[1];
  },
  'bucket: plain HTTP denied for reading only': (t) => {
    plainHttp(t).Action = 's3:Get*';
  },
  'bucket: TLS denied': (t) => {
    plainHttp(t).Condition.Bool['aws:SecureTransport'] = 'true';
  },
  'bucket: old signatures not denied': drop(oldSignatures),
  'bucket: signatures denied later': age(2_700_001),
  'bucket: signatures denied by seconds': age(2_700),
  'bucket: signatures of the longest window denied': (t) =>
    operator(oldSignatures(t), 'NumericGreaterThan', 'NumericGreaterThanEquals'),
  'bucket: young signatures denied': (t) =>
    operator(oldSignatures(t), 'NumericGreaterThan', 'NumericLessThan'),
  'bucket: requests without a signature denied': (t) =>
    operator(oldSignatures(t), 'NumericGreaterThan', 'NumericGreaterThanIfExists'),
  'bucket: old signatures denied for writing only': (t) => {
    oldSignatures(t).Action = 's3:PutObject';
  },
  'bucket: deletion of versions not denied': drop(versionDeletion),
  'bucket: anybody a deleter of versions': (t) => {
    versionDeletion(t).Condition = { ArnNotLike: { 'aws:PrincipalArn': ['*'] } };
  },
  'bucket: only the named denied to delete versions': (t) => {
    versionDeletion(t).Condition = { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:role/retention'] } };
  },
  'bucket: deletion of versions denied to one role': (t) => {
    versionDeletion(t).Principal = {
      AWS: { 'Fn::GetAtt': [resourceOf(t, 'AWS::IAM::Role', 'TenantRole')[0], 'Arn'] },
    };
  },
  'bucket: deletion denied in place of deletion of versions': (t) => {
    versionDeletion(t).Action = 's3:DeleteObject';
  },
  'bucket: version 2008-10-17': (t) => {
    document(t).Version = '2008-10-17';
  },
  'bus: anybody puts events of the service': (t) => {
    for (const [id, { Type }] of Object.entries(t.Resources))
      if (Type === 'AWS::Events::EventBusPolicy') delete (t.Resources as Record<string, unknown>)[id];
  },
  'bus: any sender': (t) => {
    busDenial(t).Condition.ArnNotLike['aws:PrincipalArn'] = ['*'];
  },
  'bus: the source of any other events denied': (t) => {
    busDenial(t).Condition['ForAnyValue:StringEquals']['events:source'] = ['theirs'];
  },
  'bus: forged events among others': (t) =>
    operator(busDenial(t), 'ForAnyValue:StringEquals', 'ForAllValues:StringEquals'),
  'bus: every source denied': (t) => {
    delete busDenial(t).Condition['ForAnyValue:StringEquals'];
  },
  'bus: the publisher denied': (t) => {
    busDenial(t).Condition = {
      'ForAnyValue:StringEquals': busDenial(t).Condition['ForAnyValue:StringEquals'],
    };
  },
  'bus: AWS’s own services denied': (t) => {
    delete busDenial(t).Condition.BoolIfExists;
  },
  'bus: nobody but AWS’s own services denied': (t) => {
    busDenial(t).Condition.BoolIfExists['aws:PrincipalIsAWSService'] = 'true';
  },
  'failures: plain HTTP not denied': (t) => {
    statementOf(policyOf(t, 'PublisherFailureBucketPolicy'), 's3:*').Condition.Bool = {
      'aws:SecureTransport': 'maybe',
    };
  },
  'queue: plain HTTP not denied': (t) => {
    const [, queue] = resourceOf(t, 'AWS::SQS::QueuePolicy', 'Publisher');
    statementOf(queue.PolicyDocument, 'sqs:*').Action = 'sqs:ReceiveMessage';
  },
};
