import { expect, test } from 'vitest';
import { resolveIntrinsics, UnresolvedIntrinsicError } from '../../../local/template/intrinsics.ts';

const values: Record<string, string> = {
  'Bucket.Ref': 'raw',
  'Bucket.Arn': 'arn:raw',
  'AWS::Region.Ref': 'us-east-1',
};
const resolve = (part: unknown) =>
  resolveIntrinsics(part, (logicalId, attribute) => values[`${logicalId}.${attribute}`]);

test.each([
  [{ Ref: 'Bucket' }, 'raw'],
  [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:raw'],
  [{ 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:raw'],
  [{ 'Fn::Join': ['/', ['s3:', { Ref: 'Bucket' }, { 'Fn::Join': ['', ['a', 1]] }]] }, 's3:/raw/a1'],
  [
    { 'Fn::Sub': 'x-${Bucket}-${Bucket.Arn}-${AWS::Region}-${!Literal}' },
    'x-raw-arn:raw-us-east-1-${Literal}',
  ],
  [{ 'Fn::Sub': ['${Own}/${Bucket}', { Own: { Ref: 'Bucket' } }] }, 'raw/raw'],
  [[{ a: { Ref: 'Bucket' }, b: [true, 2, null] }], [{ a: 'raw', b: [true, 2, null] }]],
  [
    { Ref: 'Bucket', and: 'more' },
    { Ref: 'Bucket', and: 'more' },
  ],
])('%j is %j', (part, expected) => {
  expect(resolve(part)).toEqual(expected);
});

test.each([
  [{ Ref: 'Other' }, 'Ref Other'],
  [{ 'Fn::GetAtt': ['Bucket', 'DomainName'] }, 'Fn::GetAtt Bucket.DomainName'],
  [{ 'Fn::Sub': '${Other.Arn}' }, 'Fn::GetAtt Other.Arn'],
  [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  [{ a: [{ 'Fn::If': ['c', 1, 2] }] }, 'Fn::If'],
])('%j has no local value', (part, name) => {
  expect(() => resolve(part)).toThrow(new UnresolvedIntrinsicError(name));
});
