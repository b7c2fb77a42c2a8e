import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Hash } from '@smithy/core/serde';
import { createScope, type SignatureV4CryptoInit } from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import type { LocalCredentials, Signer } from './signer.ts';

/** The status and code with which a service refuses something. */
export type Refusal = readonly [status: number, code: string];

/** What a service states of the signatures that it takes. */
export interface SigningService {
  /** The service's name in the scope of a signature. */
  readonly signingName: string;
  /** How it refuses an access key that nobody has. */
  readonly unknownKey: Refusal;
  /** How it refuses temporary credentials that have expired. */
  readonly expiredToken: Refusal;
  /**
   * Whether a signature covers the path as it is sent and, in place of the body's hash, the value of the header
   * `x-amz-content-sha256`, which may be that the body is not signed. S3 does so. Elsewhere a signature covers the path,
   * percent-encoded once more, and the body's hash.
   */
  readonly signsAsDeclared?: boolean;
}

/** What a signature is bound to besides its date. */
export interface SigningScope {
  readonly signerOf: (accessKeyId: string) => Signer | undefined;
  readonly service: SigningService;
  readonly region: string;
}

export const sha256 = Hash.bind(null, 'sha256') as SignatureV4CryptoInit['sha256'];

/** Who has signed a request, as the request says itself. */
export interface ClaimedSigner {
  /** `{access key}/{date}/{region}/{service}/aws4_request` */
  readonly credential: string;
  /** In the basic form of ISO 8601: `20260131T235959Z`. */
  readonly date: string;
  readonly token: string | undefined;
}

/**
 * Finds who is said to have signed a request. Whether they have, `requireSignature` decides.
 *
 * @throws AwsError as the service refuses an unknown key and expired credentials; 400 AuthorizationHeaderMalformed where
 *   the credential's scope is another one; 403 AccessDenied where the session token is missing or another one
 */
export function requireSigner(
  { credential, date, token }: ClaimedSigner,
  now: Date,
  { service, region, signerOf }: SigningScope,
): Signer {
  const [accessKeyId = '', ...rest] = credential.split('/');
  const signer = signerOf(accessKeyId);
  if (signer === undefined) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new AwsError(...service.unknownKey, message, { AWSAccessKeyId: accessKeyId });
  }
  const expected = createScope(date.slice(0, 8), region, service.signingName);
  if (rest.join('/') !== expected) {
    const message = `The credential's scope must be ${expected}.`;
    throw new AwsError(400, 'AuthorizationHeaderMalformed', message, { Region: region });
  }
  if (!equalInConstantTime(token ?? '', signer.credentials.sessionToken)) {
    throw new AwsError(
      403,
      'AccessDenied',
      'The security token is missing or is not that of the access key.',
    );
  }
  if (signer.expiration !== undefined && signer.expiration <= now) {
    throw new AwsError(...service.expiredToken, 'The provided token has expired.');
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
  const key = signingKey(credentials.secretAccessKey, [shortDate, region, service.signingName]);
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

/** The keys of the day, by what they are made from. As a KeyObject a key is used seven times as fast as from its bytes. */
const signingKeys = new Map<string, KeyObject>();
const MAX_SIGNING_KEYS = 1000;

/**
 * Each of the steps signs the next part of the scope: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param scope the day, the Region and the service
 */
function signingKey(secret: string, scope: readonly string[]): KeyObject {
  const id = [secret, ...scope].join('\n');
  const known = signingKeys.get(id);
  if (known !== undefined) return known;
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const bytes = [...scope, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`) as Buffer;
  const key = createSecretKey(bytes);
  if (signingKeys.size === MAX_SIGNING_KEYS) signingKeys.clear();
  signingKeys.set(id, key);
  return key;
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
