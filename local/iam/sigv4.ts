import type { IncomingHttpHeaders } from 'node:http';
import {
  ALGORITHM_IDENTIFIER,
  getCanonicalHeaders,
  MAX_PRESIGNED_TTL,
  SignatureV4Base,
  UNSIGNED_PAYLOAD,
} from '@smithy/signature-v4';
import { AwsError } from '../http/aws-error.ts';
import type { Principal } from './principal.ts';
import type { LocalCredentials } from './signer.ts';
import {
  parseAmzDate,
  requireSignature,
  requireSigner,
  type Claim as SignerClaim,
  type SigningScope,
  sha256,
} from './signing-scope.ts';

/** A request that is what its signer sent. */
export interface Verified {
  readonly principal: Principal;
  readonly signedAt: Date;
}

export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as received. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Hex SHA-256 of the body, or UNSIGNED-PAYLOAD where the body is not known. */
  readonly payloadHash: string;
}

/** What a request says about its own signature. */
interface Claim extends SignerClaim {
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Seconds from `date` in which a presigned URL works; none where the headers are signed. */
  readonly expires?: number;
}

const MAX_SKEW_MS = 15 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

/**
 * Verifies AWS Signature Version 4, in headers or in the query of a presigned URL:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 *
 * @throws AwsError 403 for what is unsigned, signed by another, changed, or out of its time; 400 for what cannot be read
 */
export async function verifySignature(
  request: SignedRequest,
  { now = new Date(), ...scope }: SigningScope & { readonly now?: Date },
): Promise<Verified> {
  const [path = '', search = ''] = request.url.split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const claim = readClaim(request.headers, query);

  requireInTime(claim, now);
  const { credentials, principal } = requireSigner(claim, now, scope);
  requireSigned(claim.signedHeaders, request.headers);

  const verifier = new Verifier(credentials, scope);
  const payloadHash = signedPayloadHash(request, scope.service, claim);
  const stringToSign = await verifier.stringToSign({ ...request, path, query, payloadHash }, claim);
  await requireSignature(claim.signature, stringToSign, claim.date.slice(0, 8), credentials, scope);
  return { principal, signedAt: parseAmzDate(claim.date) };
}

function readClaim(headers: IncomingHttpHeaders, query: URLSearchParams): Claim {
  const presigned = query.has('X-Amz-Algorithm');
  if (headers.authorization !== undefined) {
    if (presigned) throw new AwsError(400, 'InvalidArgument', 'Only one way of authentication is allowed.');
    return readHeaders(headers, headers.authorization);
  }
  if (presigned) return readQuery(query);
  throw new AwsError(403, 'AccessDenied', 'Anonymous access is forbidden.');
}

function readHeaders(headers: IncomingHttpHeaders, authorization: string): Claim {
  const [, credential, signedHeaders, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw new AwsError(400, 'AuthorizationHeaderMalformed', 'The authorization header is not understood.');
  }
  return {
    credential,
    signedHeaders: signedHeaders.split(';'),
    signature,
    date: String(headers['x-amz-date'] ?? ''),
    token: headers['x-amz-security-token']?.toString(),
  };
}

function readQuery(query: URLSearchParams): Claim {
  const value = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const expires = Number(value('Expires') || Number.NaN);
  if (value('Algorithm') !== ALGORITHM_IDENTIFIER || !(expires >= 1 && expires <= MAX_PRESIGNED_TTL)) {
    throw new AwsError(
      400,
      'AuthorizationQueryParametersError',
      'X-Amz-Algorithm or X-Amz-Expires is invalid.',
    );
  }
  return {
    credential: value('Credential'),
    signedHeaders: value('SignedHeaders').split(';'),
    signature: value('Signature'),
    date: value('Date'),
    token: value('Security-Token'),
    expires,
  };
}

function requireInTime({ date, expires }: Claim, now: Date): void {
  const age = now.getTime() - parseAmzDate(date).getTime();
  if (expires === undefined) {
    if (Math.abs(age) <= MAX_SKEW_MS) return;
    throw new AwsError(403, 'RequestTimeTooSkewed', "The request's time is too far from the current time.");
  }
  if (age < -MAX_SKEW_MS) throw new AwsError(403, 'AccessDenied', 'Request is not valid yet.');
  if (age > expires * 1000) throw new AwsError(403, 'AccessDenied', 'Request has expired.');
}

/** A header of AWS's own that is not signed could have been added by anyone on the way. */
function requireSigned(signed: readonly string[], headers: IncomingHttpHeaders): void {
  const unsigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const missing = unsigned.filter((name) => !signed.includes(name));
  if (missing.length === 0) return;
  throw new AwsError(403, 'AccessDenied', `There were headers present that were not signed: ${missing}.`);
}

/** S3 signs what `x-amz-content-sha256` says of the body, which may be that the body is not signed. */
function signedPayloadHash({ headers, payloadHash }: SignedRequest, service: string, claim: Claim): string {
  if (service !== 's3') return payloadHash;
  const declared = headers['x-amz-content-sha256']?.toString();
  if (declared === undefined) {
    if (claim.expires !== undefined) return UNSIGNED_PAYLOAD;
    throw new AwsError(400, 'InvalidRequest', 'Missing required header: x-amz-content-sha256.');
  }
  if (declared !== UNSIGNED_PAYLOAD && payloadHash !== UNSIGNED_PAYLOAD && declared !== payloadHash) {
    throw new AwsError(400, 'XAmzContentSHA256Mismatch', 'x-amz-content-sha256 is not that of the body.');
  }
  return declared;
}

/** The signer's own arithmetic, on exactly the headers that the request says are signed. */
class Verifier extends SignatureV4Base {
  constructor(credentials: LocalCredentials, { region, service }: SigningScope) {
    super({ credentials, region, service, sha256, uriEscapePath: service !== 's3' });
  }

  async stringToSign(
    request: SignedRequest & { readonly path: string; readonly query: URLSearchParams },
    { signedHeaders, credential, date }: Claim,
  ): Promise<string> {
    const headers = Object.fromEntries(
      signedHeaders.map((name) => [name, request.headers[name]?.toString() ?? '']),
    );
    const query = Object.fromEntries(
      [...new Set(request.query.keys())].map((name) => [name, request.query.getAll(name)]),
    );
    const { method, path, payloadHash } = request;
    const canonical = { protocol: 'http:', hostname: '', method, path, query, headers };
    const canonicalHeaders = getCanonicalHeaders(canonical, undefined, new Set(signedHeaders));
    const scope = credential.slice(credential.indexOf('/') + 1);
    return this.createStringToSign(
      date,
      scope,
      this.createCanonicalRequest(canonical, canonicalHeaders, payloadHash),
      ALGORITHM_IDENTIFIER,
    );
  }
}
