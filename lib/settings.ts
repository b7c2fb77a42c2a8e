import { ENVIRONMENTS, type Environment } from '#contract/tenant';

/** What a deployment decides. */
export interface Settings {
  /** The `iss` of the tokens, exactly: an https URL, or http on loopback. */
  readonly issuer: string;
  /** The `aud` of the tokens, or the `client_id` of Cognito's access tokens. */
  readonly audience: string;
  /**
   * Where the issuer's keys are: an https URL, or http on loopback.
   *
   * @default - by OpenID Connect discovery from the issuer
   */
  readonly jwksUri?: string | undefined;
  /**
   * What stands before the service's scopes in a token, such as Cognito's `nexus/`.
   *
   * @default - nothing
   */
  readonly scopePrefix?: string | undefined;
  /**
   * The claim that names the tenant.
   *
   * @default 'tenant_id'
   */
  readonly tenantClaim?: string | undefined;
  /**
   * The env of tokens that name none. In `prod` the table is protected from deletion.
   *
   * @default 'dev'
   */
  readonly env?: Environment | undefined;
  /**
   * Origins of browser clients, such as `https://app.example`; `*` for any.
   *
   * @default - none
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * The largest file, in bytes.
   *
   * @default - 5 GiB, which is also the most
   */
  readonly maxUploadBytes?: number | undefined;
  /**
   * The largest file whose SHA-256 register computes, in bytes; one that declares it at presign may be larger.
   *
   * @default - 256 MiB
   */
  readonly maxHashBytes?: number | undefined;
  /**
   * How long a form works, in seconds; at most 2700.
   *
   * @default 900
   */
  readonly uploadExpirySeconds?: number | undefined;
}

/** What one POST to S3 can carry: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const MAX_UPLOAD_BYTES = 5 * 1024 ** 3;
/** Tenant credentials live an hour, and must outlive the forms that they sign. */
export const MAX_UPLOAD_EXPIRY_SECONDS = 2700;

/** A setting that is missing or malformed; the message is one line that says what it must be. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** @throws SettingError for the first setting that cannot be */
export function validateSettings(settings: Settings): void {
  const { issuer, audience, jwksUri, scopePrefix, tenantClaim, env, allowedOrigins } = settings;
  if (!issuer) throw missing('issuer');
  if (!audience) throw missing('audience');
  check('issuer', issuer, isTrustedUrl, 'an https URL (http on loopback only)');
  check('jwksUri', jwksUri, isTrustedUrl, 'an https URL (http on loopback only)');
  check('audience', audience, isWord, 'one word');
  // RFC 6749, section 3.3: the characters of a scope.
  check(
    'scopePrefix',
    scopePrefix,
    (text) => /^[!#-[\]-~]*$/.test(text),
    'made of the characters of a scope',
  );
  check('tenantClaim', tenantClaim, isWord, 'the name of a claim');
  check('env', env, (name) => ENVIRONMENTS.includes(name), `one of ${ENVIRONMENTS.join(', ')}`);
  for (const origin of allowedOrigins ?? []) {
    check('allowedOrigins', origin, isOrigin, 'origins such as https://app.example, or *');
  }
  const { maxUploadBytes, maxHashBytes, uploadExpirySeconds } = settings;
  check(
    'maxUploadBytes',
    maxUploadBytes,
    upTo(MAX_UPLOAD_BYTES),
    `a whole number of 1 to ${MAX_UPLOAD_BYTES}`,
  );
  check('maxHashBytes', maxHashBytes, upTo(MAX_UPLOAD_BYTES), `a whole number of 1 to ${MAX_UPLOAD_BYTES}`);
  check(
    'uploadExpirySeconds',
    uploadExpirySeconds,
    upTo(MAX_UPLOAD_EXPIRY_SECONDS),
    `a whole number of 1 to ${MAX_UPLOAD_EXPIRY_SECONDS}`,
  );
}

function missing(setting: string): SettingError {
  return new SettingError(
    `Missing ${setting}: npx cdk deploy -c issuer=https://issuer.example -c audience=nexus`,
  );
}

/** @throws SettingError where there is a value, and it is not valid: `expected` says what it must be */
export function check<T>(
  setting: string,
  value: T | undefined,
  isValid: (value: T) => boolean,
  expected: string,
): void {
  if (value === undefined || isValid(value)) return;
  throw new SettingError(`Invalid ${setting} ${JSON.stringify(value)}: it must be ${expected}`);
}

const isWord = (text: string) => /^\S+$/.test(text);

const upTo = (most: number) => (value: number) => Number.isInteger(value) && value >= 1 && value <= most;

function isTrustedUrl(text: string): boolean {
  const url = isWord(text) && URL.parse(text);
  if (!url) return false;
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

const isOrigin = (text: string) =>
  text === '*' || (/^https?:/.test(text) && URL.parse(text)?.origin === text);
