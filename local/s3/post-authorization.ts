import { ALGORITHM_IDENTIFIER } from '@smithy/signature-v4';
import { AwsError } from '../aws-error.ts';
import {
  parseAmzDate,
  requireCredential,
  requireSignature,
  requireToken,
  type SigningScope,
} from '../signing-scope.ts';
import { type PostPolicy, parsePostPolicy, requirePolicy } from './post-policy.ts';

/**
 * Decides whether a form may be posted: its policy is signed, is not over, and allows every field. The string that is
 * signed is the policy as it is in the form:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
 *
 * @param fields the form's, by name in lower case, with the bucket that it was posted to
 * @throws AwsError 400 or 403
 */
export async function authorizePost(
  fields: ReadonlyMap<string, string>,
  scope: SigningScope,
  now: Date,
): Promise<PostPolicy> {
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined) throw new AwsError(403, 'AccessDenied', `The form has no field ${name}.`);
    return value;
  };
  const encodedPolicy = field('policy');
  const signature = field('x-amz-signature');
  if (field('x-amz-algorithm') !== ALGORITHM_IDENTIFIER) {
    throw new AwsError(400, 'InvalidArgument', `x-amz-algorithm must be ${ALGORITHM_IDENTIFIER}.`);
  }
  const date = field('x-amz-date');
  parseAmzDate(date);
  const shortDate = date.slice(0, 8);
  requireCredential(field('x-amz-credential'), shortDate, scope);
  requireToken(fields.get('x-amz-security-token'), scope.credentials);
  await requireSignature(signature, encodedPolicy, shortDate, scope);

  const policy = parsePostPolicy(encodedPolicy);
  requirePolicy(policy, fields, now);
  return policy;
}
