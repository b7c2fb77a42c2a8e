import type { FunctionName } from '../../lib/function-names.ts';

/** What a function's own role holds, against the rule. */
export interface Exception {
  readonly fn: FunctionName;
  readonly actions: readonly string[];
  readonly on: 'bucket' | 'table' | 'stream' | 'anything';
  readonly reason: string;
}

/** Who reaches the bucket or the table, or a part of them, without a tenant's session. */
export const OUTSIDE_OF_TENANT_ROLE: readonly Exception[] = [
  {
    fn: 'publish-events',
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    on: 'stream',
    reason: "It publishes every tenant's events, from the one stream that they come in.",
  },
  {
    fn: 'settle',
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    on: 'stream',
    reason: "It is told of every tenant's ended lives, from the one stream that they come in.",
  },
];

/** Who may do something on whatever there is. */
export const ANYTHING: readonly Exception[] = [
  {
    fn: 'publish-events',
    actions: ['dynamodb:ListStreams'],
    on: 'anything',
    reason: 'IAM knows no resource for it; it tells the ARNs of streams, and no record.',
  },
  {
    fn: 'settle',
    actions: ['dynamodb:ListStreams'],
    on: 'anything',
    reason: 'IAM knows no resource for it; it tells the ARNs of streams, and no record.',
  },
];
