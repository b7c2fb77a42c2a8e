import type { IncomingHttpHeaders } from 'node:http';
import { ALGORITHM_IDENTIFIER } from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import { parseAmzDate, requireSignature, requireSigner, type SigningScope } from '../iam/signing-scope.ts';
import type { Verified } from '../iam/sigv4.ts';
import { requireFormField } from './post-fields.ts';
import { type PostPolicy, parsePostPolicy, requirePolicy } from './post-policy.ts';

export interface AuthorizedPost extends Verified {
  readonly policy: PostPolicy;
}

/** As S3 writes them; it asks for them in this order. */
const SIGNATURE_FIELDS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature'] as const;
/** Fields of signature version 2, which S3 takes in no Region that is younger than 2014. */
const V2_FIELDS = ['awsaccesskeyid', 'signature'];

/**
 * Checks that a form's policy is signed, has not expired, and allows every field of the form. The string that is signed is
 * the policy as it is in the form:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
 *
 * @param fields the form's fields, by their names in lower case, with the bucket that it was posted to
 * @throws AwsError 403 AccessDenied for a form that nobody signed, 400 InvalidArgument for one that lacks a field of the
 *   signature, and 400 or 403 for what the signature or the policy does not allow
 */
export async function authorizePost(
  fields: ReadonlyMap<string, string>,
  scope: SigningScope,
  now: Date,
): Promise<AuthorizedPost> {
  requireSigned(fields);
  const [algorithm, credential, date, signature] = SIGNATURE_FIELDS.map((name) =>
    requireFormField(fields, name),
  ) as [string, string, string, string];
  const encodedPolicy = requireFormField(fields, 'policy');
  if (algorithm !== ALGORITHM_IDENTIFIER) {
    const details = { ArgumentName: 'X-Amz-Algorithm', ArgumentValue: algorithm };
    throw new AwsError(
      400,
      'InvalidArgument',
      `X-Amz-Algorithm only supports "${ALGORITHM_IDENTIFIER}"`,
      details,
    );
  }
  const signedAt = parseAmzDate(date);
  const claim = { credential, date, token: fields.get('x-amz-security-token') };
  const { credentials, principal } = requireSigner(claim, now, scope);
  await requireSignature(signature, encodedPolicy, date.slice(0, 8), credentials, scope);

  const policy = parsePostPolicy(encodedPolicy);
  requirePolicy(policy, fields, now);
  return { policy, principal, signedAt };
}

/**
 * Refuses a form that comes with an `Authorization` header, which a page's HTTP client may add by itself.
 *
 * @throws AwsError 400 InvalidArgument
 */
export function refuseAuthorizationHeader({ authorization }: IncomingHttpHeaders): void {
  if (authorization === undefined) return;
  const message = authorization.startsWith(`${ALGORITHM_IDENTIFIER} `)
    ? 'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'
    : 'Unsupported Authorization Type';
  const details = { ArgumentName: 'Authorization', ArgumentValue: authorization };
  throw new AwsError(400, 'InvalidArgument', message, details);
}

function requireSigned(fields: ReadonlyMap<string, string>): void {
  if (SIGNATURE_FIELDS.some((name) => fields.has(name.toLowerCase()))) return;
  if (V2_FIELDS.some((name) => fields.has(name))) {
    const message = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM_IDENTIFIER}.`;
    throw new AwsError(400, 'InvalidRequest', message);
  }
  throw new AwsError(403, 'AccessDenied', 'Access Denied');
}
