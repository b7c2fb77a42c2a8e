import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import * as v from 'valibot';
import { type AuthorizerContext, Environment } from '#contract/tenant';
import { ENV, parseEnv, text, words } from '#core/env';
import { keySet } from '#core/identity/key-set';
import { KeysUnavailableError, RemoteJwks } from '#core/identity/remote-jwks';
import { TokenVerifier } from '#core/identity/token-verifier';
import { log } from '#core/log';

const env = parseEnv({
  [ENV.issuer]: text,
  [ENV.audience]: words,
  [ENV.jwksUri]: v.optional(text),
  [ENV.jwks]: v.optional(v.pipe(text, v.parseJson(), v.object({ keys: v.array(v.looseObject({})) }))),
  [ENV.tenantClaim]: text,
  [ENV.scopeClaim]: words,
  [ENV.scopePrefix]: v.optional(v.string(), ''),
  [ENV.envClaim]: v.optional(text),
  [ENV.defaultEnv]: Environment,
});

const getKey = env.JWKS ? keySet(env.JWKS) : new RemoteJwks(env.JWT_ISSUER, env.JWKS_URI).getKey;
const verifier = new TokenVerifier(getKey, {
  issuer: env.JWT_ISSUER,
  audiences: env.JWT_AUDIENCE,
  tenantClaim: env.TENANT_CLAIM,
  scopeClaims: env.SCOPE_CLAIM,
  scopePrefix: env.SCOPE_PREFIX,
  envClaim: env.ENV_CLAIM,
  defaultEnv: env.DEFAULT_ENV,
});

/** A reason may quote what a token says, which is as long as its sender likes. */
const MAX_REASON = 200;

type Decision = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext | Record<string, never>>;

/**
 * Lambda authorizer of the HTTP API, payload format 2.0, simple response. The gateway keeps a decision for every
 * route, so it rests on the token alone.
 *
 * @throws KeysUnavailableError while the issuer's keys cannot be had: the gateway then answers 500 and keeps no decision
 */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<Decision> {
  try {
    const [, token] = /^Bearer +(\S+)$/i.exec(event.headers?.['authorization'] ?? '') ?? [];
    if (token === undefined) throw new Error('no bearer token');
    return { isAuthorized: true, context: await verifier.verify(token) };
  } catch (error) {
    if (error instanceof KeysUnavailableError) throw error;
    // The reason is for the operator; the client learns only that the token is refused.
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON);
    log('warn', 'token refused', { reason, request_id: event.requestContext.requestId });
    return { isAuthorized: false, context: {} };
  }
}
