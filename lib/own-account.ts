import type { Resource } from 'aws-cdk-lib';

/**
 * A condition of grants on a bucket. Its ARN names no account, so a bucket that is deleted, and made anew under its name by
 * somebody else, would be within the grant.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
 */
export function ownAccount({ env: { account } }: Resource): {
  readonly StringEquals: Record<string, string>;
} {
  return { StringEquals: { 'aws:ResourceAccount': account } };
}
