import { ALGORITHM_IDENTIFIER } from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import { parseAmzDate, requireSignature, requireSigner, type SigningScope } from '../iam/signing-scope.ts';
import type { Verified } from '../iam/sigv4.ts';
import { type PostPolicy, parsePostPolicy, requirePolicy } from './post-policy.ts';

export interface AuthorizedPost extends Verified {
  readonly policy: PostPolicy;
}

/**
 * Checks that a form's policy is signed, has not expired, and allows every field of the form. The string that is signed is
 * the policy as it is in the form:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
 *
 * @param fields the form's fields, by their names in lower case, with the bucket that it was posted to
 * @throws AwsError 400 or 403
 */
export async function authorizePost(
  fields: ReadonlyMap<string, string>,
  scope: SigningScope,
  now: Date,
): Promise<AuthorizedPost> {
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
  const signedAt = parseAmzDate(date);
  const claim = { credential: field('x-amz-credential'), date, token: fields.get('x-amz-security-token') };
  const { credentials, principal } = requireSigner(claim, now, scope);
  await requireSignature(signature, encodedPolicy, date.slice(0, 8), credentials, scope);

  const policy = parsePostPolicy(encodedPolicy);
  requirePolicy(policy, fields, now);
  return { policy, principal, signedAt };
}
