import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import * as v from 'valibot';
import { type AuthorizerContext, Environment } from '#contract/tenant';
import { ENV, parseEnv, text } from '#core/env';
import { RemoteJwks } from '#core/identity/remote-jwks';
import { TokenVerifier } from '#core/identity/token-verifier';
import { log } from '#core/log';

const env = parseEnv({
  [ENV.issuer]: text,
  [ENV.audience]: text,
  [ENV.jwksUri]: v.optional(text),
  [ENV.scopePrefix]: v.optional(v.string(), ''),
  [ENV.tenantClaim]: text,
  [ENV.defaultEnv]: Environment,
});

const verifier = new TokenVerifier(new RemoteJwks(env.JWT_ISSUER, env.JWKS_URI).getKey, {
  issuer: env.JWT_ISSUER,
  audience: env.JWT_AUDIENCE,
  tenantClaim: env.TENANT_CLAIM,
  scopePrefix: env.SCOPE_PREFIX,
  defaultEnv: env.DEFAULT_ENV,
});

type Decision = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext | Record<string, never>>;

/**
 * Lambda authorizer of the HTTP API, payload format 2.0, simple response. The gateway keeps a decision for every
 * route, so it rests on the token alone.
 */
export async function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<Decision> {
  try {
    const [, token] = /^Bearer +(\S+)$/i.exec(event.headers?.['authorization'] ?? '') ?? [];
    if (token === undefined) throw new Error('no bearer token');
    return { isAuthorized: true, context: await verifier.verify(token) };
  } catch (error) {
    // The reason is for the operator; the client learns only that the token is refused.
    const reason = error instanceof Error ? error.message : String(error);
    log('warn', 'token refused', { reason, request_id: event.requestContext.requestId });
    return { isAuthorized: false, context: {} };
  }
}
