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
  type ClaimedSigner,
  parseAmzDate,
  requireSignature,
  requireSigner,
  type SigningScope,
  type SigningService,
  sha256,
} from './signing-scope.ts';

/** Who has signed a request, and when: the request is what they have sent. */
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

/** A request's signature, with what the request says of it. */
interface ClaimedSignature extends ClaimedSigner {
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** For how many seconds from `date` a presigned URL works; absent where the signature is in the headers. */
  readonly expires?: number;
}

const MAX_SKEW_MS = 15 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

/**
 * Verifies AWS Signature Version 4, in headers or in the query of a presigned URL:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 *
 * @throws AwsError 403 for a request that is unsigned, signed by another, changed, or sent too early or too late; 400 for a
 *   signature that cannot be read
 */
export async function verifySignature(
  request: SignedRequest,
  { now = new Date(), ...scope }: SigningScope & { readonly now?: Date },
): Promise<Verified> {
  const [path = '', search = ''] = request.url.split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const claimed = readSignature(request.headers, query);

  requireInTime(claimed, now);
  const { credentials, principal } = requireSigner(claimed, now, scope);
  requireSigned(claimed.signedHeaders, request.headers);

  const verifier = new Verifier(credentials, scope);
  const payloadHash = signedPayloadHash(request, scope.service, claimed);
  const stringToSign = await verifier.stringToSign({ ...request, path, query, payloadHash }, claimed);
  await requireSignature(claimed.signature, stringToSign, claimed.date.slice(0, 8), credentials, scope);
  return { principal, signedAt: parseAmzDate(claimed.date) };
}

function readSignature(headers: IncomingHttpHeaders, query: URLSearchParams): ClaimedSignature {
  const presigned = query.has('X-Amz-Algorithm');
  if (headers.authorization !== undefined) {
    if (presigned) throw new AwsError(400, 'InvalidArgument', 'Only one way of authentication is allowed.');
    return readHeaders(headers, headers.authorization);
  }
  if (presigned) return readQuery(query);
  throw new AwsError(403, 'AccessDenied', 'Anonymous access is forbidden.');
}

function readHeaders(headers: IncomingHttpHeaders, authorization: string): ClaimedSignature {
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

function readQuery(query: URLSearchParams): ClaimedSignature {
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

function requireInTime({ date, expires }: ClaimedSignature, now: Date): void {
  const age = now.getTime() - parseAmzDate(date).getTime();
  if (expires === undefined) {
    if (Math.abs(age) <= MAX_SKEW_MS) return;
    throw new AwsError(403, 'RequestTimeTooSkewed', "The request's time is too far from the current time.");
  }
  if (age < -MAX_SKEW_MS) throw new AwsError(403, 'AccessDenied', 'Request is not valid yet.');
  if (age > expires * 1000) throw new AwsError(403, 'AccessDenied', 'Request has expired.');
}

/** Requires the headers that steer an AWS service to be signed: anyone on the way could have added one that is not. */
function requireSigned(signed: readonly string[], headers: IncomingHttpHeaders): void {
  const steering = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const missing = steering.filter((name) => !signed.includes(name));
  if (missing.length === 0) return;
  throw new AwsError(403, 'AccessDenied', `There were headers present that were not signed: ${missing}.`);
}

function signedPayloadHash(
  { headers, payloadHash }: SignedRequest,
  { signsAsDeclared = false }: SigningService,
  claimed: ClaimedSignature,
): string {
  if (!signsAsDeclared) return payloadHash;
  const declared = headers['x-amz-content-sha256']?.toString();
  if (declared === undefined) {
    if (claimed.expires !== undefined) return UNSIGNED_PAYLOAD;
    throw new AwsError(400, 'InvalidRequest', 'Missing required header: x-amz-content-sha256.');
  }
  if (declared !== UNSIGNED_PAYLOAD && payloadHash !== UNSIGNED_PAYLOAD && declared !== payloadHash) {
    throw new AwsError(400, 'XAmzContentSHA256Mismatch', 'x-amz-content-sha256 is not that of the body.');
  }
  return declared;
}

/** Computes what a signer has signed, with the SDK's own signer, from exactly the headers that the request lists. */
class Verifier extends SignatureV4Base {
  constructor(credentials: LocalCredentials, { region, service }: SigningScope) {
    const { signingName, signsAsDeclared = false } = service;
    super({ credentials, region, service: signingName, sha256, uriEscapePath: !signsAsDeclared });
  }

  async stringToSign(
    request: SignedRequest & { readonly path: string; readonly query: URLSearchParams },
    { signedHeaders, credential, date }: ClaimedSignature,
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
