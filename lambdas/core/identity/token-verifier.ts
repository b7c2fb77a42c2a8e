import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as v from 'valibot';
import { AuthorizerContext, Environment, SCOPES, TenantId } from '#contract/tenant';

/** Asymmetric only: with a shared-secret algorithm a public key could be taken for the secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;

/** Words of printable ASCII but `"` and `\`, each set apart by one space: RFC 6749, section 3.3. */
const ScopeClaim = v.pipe(v.string(), v.regex(/^([!#-[\]-~]+( [!#-[\]-~]+)*)?$/, 'scope is malformed'));

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that names the tenant. */
  readonly tenantClaim: string;
  /** What stands before the service's scopes in a token, such as Cognito's `nexus/`. */
  readonly scopePrefix: string;
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

  /** @throws Error with the reason, on any doubt; it never holds the token */
  async verify(token: string): Promise<AuthorizerContext> {
    const { payload, protectedHeader } = await jwtVerify(token, this.#getKey, {
      issuer: this.#rules.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    if (!/^((application\/)?at\+)?jwt$/i.test(protectedHeader.typ ?? 'JWT'))
      throw new Error('not an access token');
    this.#checkUse(payload);
    return v.parse(AuthorizerContext, {
      tenant_id: v.parse(v.optional(TenantId), payload[this.#rules.tenantClaim]),
      env: v.parse(v.optional(Environment, this.#rules.defaultEnv), payload['env']),
      user_id: payload.sub,
      scopes: this.#scopes(payload),
    });
  }

  /** Cognito marks its tokens by `token_use`, and gives access tokens a `client_id` in place of `aud`. */
  #checkUse({ aud, client_id, token_use }: JWTPayload): void {
    if (token_use !== undefined && token_use !== 'access') throw new Error('not an access token');
    const audiences = aud ?? (token_use === 'access' ? client_id : undefined);
    if (![audiences].flat().includes(this.#rules.audience)) throw new Error('meant for another audience');
  }

  #scopes(payload: JWTPayload): string[] {
    const words = new Set(v.parse(v.optional(ScopeClaim, ''), payload['scope']).split(' '));
    return SCOPES.filter((scope) => words.has(this.#rules.scopePrefix + scope));
  }
}
