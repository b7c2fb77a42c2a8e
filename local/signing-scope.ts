import { createHmac, timingSafeEqual } from 'node:crypto';
import { Hash } from '@smithy/core/serde';
import { createScope, getSigningKey, type SignatureV4CryptoInit } from '@smithy/signature-v4';
import { AwsError } from './aws-error.ts';

/** The one credential set that the embedded services know; temporary, like those of a Lambda function. */
export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What a signature is bound to besides its date. */
export interface SigningScope {
  readonly credentials: LocalCredentials;
  readonly service: 'dynamodb' | 's3' | 'events' | 'sqs';
  readonly region: string;
}

export const sha256 = Hash.bind(null, 'sha256') as SignatureV4CryptoInit['sha256'];

/**
 * Reads a credential scope, `{access key}/{date}/{region}/{service}/aws4_request`.
 *
 * @throws AwsError 403 InvalidAccessKeyId; 400 AuthorizationHeaderMalformed where the scope is another one
 */
export function requireCredential(credential: string, shortDate: string, scope: SigningScope): void {
  const [accessKeyId = '', ...rest] = credential.split('/');
  if (!equalInConstantTime(accessKeyId, scope.credentials.accessKeyId)) {
    throw new AwsError(403, 'InvalidAccessKeyId', 'The access key does not exist in our records.');
  }
  const expected = createScope(shortDate, scope.region, scope.service);
  if (rest.join('/') !== expected) {
    throw new AwsError(400, 'AuthorizationHeaderMalformed', `The credential's scope must be ${expected}.`);
  }
}

/** @throws AwsError 403 AccessDenied, for temporary credentials are worth nothing without their token */
export function requireToken(token: string | undefined, credentials: LocalCredentials): void {
  if (!equalInConstantTime(token ?? '', credentials.sessionToken)) {
    throw new AwsError(
      403,
      'AccessDenied',
      'The security token is missing or is not that of the access key.',
    );
  }
}

/** @throws AwsError 403 SignatureDoesNotMatch */
export async function requireSignature(
  signature: string,
  stringToSign: string,
  shortDate: string,
  { credentials, region, service }: SigningScope,
): Promise<void> {
  const key = await getSigningKey(sha256, credentials, shortDate, region, service);
  const expected = createHmac('sha256', key).update(stringToSign).digest('hex');
  if (!equalInConstantTime(signature, expected)) {
    throw new AwsError(403, 'SignatureDoesNotMatch', 'The signature does not match the one calculated here.');
  }
}

/**
 * Reads a basic ISO 8601 instant, `20260131T235959Z`.
 *
 * @throws AwsError 403 AccessDenied
 */
export function parseAmzDate(date: string): Date {
  const parsed = new Date(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (date.length === 16 && !Number.isNaN(parsed.getTime())) return parsed;
  throw new AwsError(403, 'AccessDenied', 'Authentication requires a valid x-amz-date.');
}

function equalInConstantTime(actual: string, expected: string): boolean {
  const [a, b] = [Buffer.from(actual), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
