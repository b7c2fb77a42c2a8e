import { createHmac, timingSafeEqual } from 'node:crypto';
import { Hash } from '@smithy/core/serde';
import { createScope, getSigningKey, type SignatureV4CryptoInit } from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import type { LocalCredentials, Signer } from './signer.ts';

/** What a signature is bound to besides its date. */
export interface SigningScope {
  readonly signerOf: (accessKeyId: string) => Signer | undefined;
  readonly service: 'dynamodb' | 's3' | 'events' | 'sqs' | 'sts' | 'cloudformation';
  readonly region: string;
}

type Refusal = readonly [status: number, code: string];

/** Each service has its own words for credentials that are of no use. */
const REFUSALS: Readonly<Record<'unknown' | 'expired', Record<SigningScope['service'], Refusal>>> = {
  unknown: {
    s3: [403, 'InvalidAccessKeyId'],
    dynamodb: [400, 'UnrecognizedClientException'],
    events: [400, 'UnrecognizedClientException'],
    sqs: [403, 'InvalidClientTokenId'],
    sts: [403, 'InvalidClientTokenId'],
    cloudformation: [403, 'InvalidClientTokenId'],
  },
  expired: {
    s3: [400, 'ExpiredToken'],
    dynamodb: [400, 'ExpiredTokenException'],
    events: [400, 'ExpiredTokenException'],
    sqs: [403, 'ExpiredToken'],
    sts: [403, 'ExpiredToken'],
    cloudformation: [403, 'ExpiredToken'],
  },
};

export const sha256 = Hash.bind(null, 'sha256') as SignatureV4CryptoInit['sha256'];

/** What a request says of its signer. */
export interface Claim {
  /** `{access key}/{date}/{region}/{service}/aws4_request` */
  readonly credential: string;
  /** In the basic form of ISO 8601. */
  readonly date: string;
  readonly token: string | undefined;
}

/**
 * Finds who claims to have signed; whether they have is for the signature to show.
 *
 * @throws AwsError for an access key that is not known; 400 AuthorizationHeaderMalformed where the scope is another
 *   one; 403 AccessDenied without the key's token, for temporary credentials are worth nothing without it; and for
 *   credentials that have expired
 */
export function requireSigner({ credential, date, token }: Claim, now: Date, scope: SigningScope): Signer {
  const [accessKeyId = '', ...rest] = credential.split('/');
  const signer = scope.signerOf(accessKeyId);
  if (signer === undefined) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new AwsError(...REFUSALS.unknown[scope.service], message, { AWSAccessKeyId: accessKeyId });
  }
  const expected = createScope(date.slice(0, 8), scope.region, scope.service);
  if (rest.join('/') !== expected) {
    const message = `The credential's scope must be ${expected}.`;
    throw new AwsError(400, 'AuthorizationHeaderMalformed', message, { Region: scope.region });
  }
  if (!equalInConstantTime(token ?? '', signer.credentials.sessionToken)) {
    throw new AwsError(
      403,
      'AccessDenied',
      'The security token is missing or is not that of the access key.',
    );
  }
  if (signer.expiration !== undefined && signer.expiration <= now) {
    throw new AwsError(...REFUSALS.expired[scope.service], 'The provided token has expired.');
  }
  return signer;
}

/** @throws AwsError 403 SignatureDoesNotMatch, with what the signer may compare with its own */
export async function requireSignature(
  signature: string,
  stringToSign: string,
  shortDate: string,
  credentials: LocalCredentials,
  { region, service }: SigningScope,
): Promise<void> {
  const key = await getSigningKey(sha256, credentials, shortDate, region, service);
  const expected = createHmac('sha256', key).update(stringToSign).digest('hex');
  if (!equalInConstantTime(signature, expected)) {
    throw new AwsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      {
        AWSAccessKeyId: credentials.accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: signature,
        StringToSignBytes: bytesOf(stringToSign),
      },
    );
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

/** Shows what a look at the text would not, as S3 does: a carriage return, another normal form. */
function bytesOf(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

function equalInConstantTime(actual: string, expected: string): boolean {
  const [a, b] = [Buffer.from(actual), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
