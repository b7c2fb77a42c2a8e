import { Fn, Token } from 'aws-cdk-lib';
import { ENV } from '#core/env';
import { check, checkEach, SettingError } from './setting-error.ts';

/** The issuer whose tokens are accepted, and the claims that are read from them. */
export interface IdentitySettings {
  /** The `iss` of the tokens, exactly: an https URL, or http on loopback. */
  readonly issuer: string;
  /** One or several, of which the `aud` of a token, or the `client_id` of a Cognito access token, must be one. */
  readonly audience: string | readonly string[];
  /**
   * Where the issuer's keys are: an https URL, or http on loopback.
   *
   * @default - by OpenID Connect discovery from the issuer
   */
  readonly jwksUri?: string | undefined;
  /**
   * The issuer's public keys themselves (RFC 7517), at most 3,000 bytes of JSON: the authorizer then asks nobody. A key that
   * the issuer replaces is noticed by a deployment alone.
   *
   * @default - they are fetched
   */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  /**
   * The claim that names the tenant: its exact name or, where no claim has it, a dotted path.
   *
   * @default 'tenant_id'
   */
  readonly tenantClaim?: string | undefined;
  /**
   * The claim that holds the scopes, as text of words or as a list; of several, the first that a token has. Each is an exact
   * name or, where no claim has it, a dotted path.
   *
   * @default - `scope`, else `scp`
   */
  readonly scopeClaim?: string | readonly string[] | undefined;
  /**
   * The prefix of the service's scopes in a token, such as Cognito's `nexus/`.
   *
   * @default - nothing
   */
  readonly scopePrefix?: string | undefined;
  /**
   * The claim that names the env, `''` for none: its exact name or, where no claim has it, a dotted path.
   *
   * @default 'env'
   */
  readonly envClaim?: string | undefined;
}

/** All variables of a function together may have 4 KB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_JWKS_BYTES = 3000;

/** @throws SettingError for the first setting that is missing or cannot be */
export function checkIdentity(settings: Partial<IdentitySettings>): IdentitySettings {
  const { issuer, audience, jwksUri, jwks, scopePrefix, tenantClaim, envClaim } = settings;
  const audiences = listOf(audience ?? '');
  if (!issuer) throw missing('issuer');
  if (audience === undefined || audiences.length === 0 || audiences.includes('')) throw missing('audience');
  check('issuer', issuer, isTrustedUrl, 'an https URL (http on loopback only)');
  check('jwksUri', jwksUri, isTrustedUrl, 'an https URL (http on loopback only)');
  check('jwks', jwks, isPublicJwks, `a JWK set of public keys, at most ${MAX_JWKS_BYTES} bytes of JSON`);
  if (jwks && jwksUri) check('jwksUri', jwksUri, () => false, 'left out where jwks gives the keys');
  checkEach('audience', audiences, isWord, 'one word, or several');
  check('tenantClaim', tenantClaim, isWord, 'the name of a claim');
  const scopeClaims = listOf(settings.scopeClaim ?? 'scope');
  check('scopeClaim', scopeClaims, (names) => names.length > 0, 'the name of a claim, or several');
  checkEach('scopeClaim', scopeClaims, isWord, 'the name of a claim, or several');
  check(
    'envClaim',
    envClaim,
    (name) => name === '' || isWord(name),
    'the name of a claim, or empty for none',
  );
  // RFC 6749, section 3.3: the characters of a scope.
  check(
    'scopePrefix',
    scopePrefix,
    (text) => /^[!#-[\]-~]*$/.test(text),
    'made of the characters of a scope',
  );
  return { ...settings, issuer, audience };
}

const IDENTITY_SETTINGS = [
  'issuer',
  'audience',
  'jwksUri',
  'jwks',
  'tenantClaim',
  'scopeClaim',
  'scopePrefix',
  'envClaim',
] as const satisfies (keyof IdentitySettings)[];

/** @throws SettingError for a setting that nothing would read, beside an authorizer of one's own */
export function checkNoIdentity(settings: Partial<IdentitySettings>): void {
  for (const name of IDENTITY_SETTINGS) {
    if (settings[name])
      throw new SettingError(`Invalid ${name}: the authorizer that is given verifies the tokens`);
  }
}

/** The settings as the authorizer's environment has them. */
export function identityEnvironment(settings: IdentitySettings): Record<string, string> {
  const { issuer, audience, jwksUri, jwks, scopePrefix, envClaim = 'env' } = settings;
  return {
    [ENV.issuer]: issuer,
    [ENV.audience]: words(audience),
    [ENV.tenantClaim]: settings.tenantClaim ?? 'tenant_id',
    [ENV.scopeClaim]: words(settings.scopeClaim ?? ['scope', 'scp']),
    ...(scopePrefix && { [ENV.scopePrefix]: scopePrefix }),
    ...(envClaim && { [ENV.envClaim]: envClaim }),
    ...(jwksUri && { [ENV.jwksUri]: jwksUri }),
    ...(jwks && { [ENV.jwks]: JSON.stringify(jwks) }),
  };
}

function missing(setting: string): SettingError {
  return new SettingError(
    `Missing ${setting}: npx cdk deploy -c issuer=https://issuer.example -c audience=nexus`,
  );
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** Set apart by a space each; only a deployment knows how many are in a list that is a token. */
function words(value: string | readonly string[]): string {
  return Token.isUnresolved(value) ? Fn.join(' ', [...listOf(value)]) : listOf(value).join(' ');
}

const isWord = (text: string) => /^\S+$/.test(text);

function isTrustedUrl(text: string): boolean {
  const url = isWord(text) && URL.parse(text);
  if (!url) return false;
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

/** RFC 7518, section 6: `d` is the private part of a key, and `k` a secret one. */
function isPublicJwks(jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }): boolean {
  if (Token.isUnresolved(jwks)) return true;
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && 'kty' in key && !('d' in key) && !('k' in key);
  const keys: unknown = jwks?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isPublic)) return false;
  return Buffer.byteLength(JSON.stringify(jwks)) <= MAX_JWKS_BYTES;
}
