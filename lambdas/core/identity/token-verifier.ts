import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { AuthorizerContext, Environment } from '#contract/tenant';
import { envOf, scopesOf, tenantOf, userOf } from '#core/identity/claims';

/** Asymmetric only: with a shared-secret algorithm a public key could be taken for the secret. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const CLOCK_TOLERANCE_SECONDS = 30;

/** The values that a token must have, and the claims that hold them. A claim is an exact name or a dotted path. */
export interface TokenRules {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly tenantClaim: string;
  /** The first of them that a token has holds its scopes. */
  readonly scopeClaims: readonly string[];
  /** The prefix of the service's scopes in a token, such as Cognito's `nexus/`. */
  readonly scopePrefix: string;
  /** Undefined: none. */
  readonly envClaim: string | undefined;
  /** The env of a token that names none. */
  readonly defaultEnv: Environment;
}

/** Takes the tenant context from a JWT (RFC 7519, and RFC 8725 on what to distrust). */
export class TokenVerifier {
  readonly #getKey: JWTVerifyGetKey;
  readonly #rules: TokenRules;

  constructor(getKey: JWTVerifyGetKey, rules: TokenRules) {
    this.#getKey = getKey;
    this.#rules = rules;
  }

  /** @throws Error with the reason, on any doubt; it never holds the token. What `getKey` throws is thrown as it is. */
  async verify(token: string): Promise<AuthorizerContext> {
    const { tenantClaim, scopeClaims, scopePrefix, envClaim, defaultEnv } = this.#rules;
    const { payload, protectedHeader } = await this.#verifySignature(token);
    if (!/^((application\/)?at\+)?jwt$/i.test(protectedHeader.typ ?? 'JWT'))
      throw new Error('not an access token');
    this.#checkUse(payload);
    return {
      tenant_id: tenantOf(payload, tenantClaim),
      env: envOf(payload, envClaim) ?? defaultEnv,
      user_id: userOf(payload),
      scopes: scopesOf(payload, scopeClaims, scopePrefix),
    };
  }

  async #verifySignature(token: string) {
    const options: JWTVerifyOptions = {
      issuer: this.#rules.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    };
    try {
      return await jwtVerify(token, this.#getKey, options);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // Two keys under one id, or a token that names none: the one that has signed it is among them, or it is refused.
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, options);
        } catch (failure) {
          if (failure instanceof errors.JWTClaimValidationFailed || failure instanceof errors.JWTExpired)
            throw failure;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  /**
   * Cognito marks its tokens by `token_use`, and gives access tokens a `client_id` in place of `aud`. Keycloak marks its ID
   * tokens by the claim `typ`.
   */
  #checkUse({ aud, client_id, token_use, typ }: JWTPayload): void {
    if ((token_use !== undefined && token_use !== 'access') || typ === 'ID')
      throw new Error('not an access token');
    const audiences = [aud, token_use === 'access' ? client_id : undefined].flat();
    if (!audiences.some((audience) => this.#rules.audiences.includes(audience as string)))
      throw new Error(`meant for another audience: neither aud nor a Cognito client_id is one of those set`);
  }
}
