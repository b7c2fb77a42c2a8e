import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { secretFile } from '../disk/secret-file.ts';

const ALGORITHM = 'ES256';

/** In seconds: longer than a working day, so that a token that is pasted in the morning is good until the evening. */
export const TOKEN_LIFETIME = 12 * 3600;

export const JWKS_PATH = '/.well-known/jwks.json';

/** A token issuer for development: it signs any claims that it is asked to sign. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly url: string;
  readonly jwks: { readonly keys: readonly JWK[] };
  /** OpenID Connect Discovery 1.0, section 3. */
  readonly discovery: Readonly<Record<string, unknown>>;
  /** Signs a JWT that holds `claims`. Any of `iss`, `aud`, `sub`, `iat`, `exp` and `jti` that is not among them is added. */
  issue(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Opens the issuer whose key is kept in `dir`, so that tokens stay good after a restart. */
export async function openIssuer(options: {
  dir: string;
  url: string;
  audience: string;
  now?: () => Date;
}): Promise<Issuer> {
  const { now: clock = () => new Date() } = options;
  const generated = await generateKeyPair(ALGORITHM, { extractable: true });
  const made = JSON.stringify(await exportJWK(generated.privateKey));
  const jwk = JSON.parse(secretFile(join(options.dir, 'issuer-key.json'), () => made)) as JWK;
  const key = await importJWK(jwk, ALGORITHM);
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _, ...publicJwk } = jwk;
  return {
    url: options.url,
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: 'sig' }] },
    discovery: {
      issuer: options.url,
      jwks_uri: `${options.url}${JWKS_PATH}`,
      token_endpoint: `${options.url}/_local/token`,
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [ALGORITHM],
    },
    issue(claims) {
      const now = Math.floor(clock().getTime() / 1000);
      return new SignJWT({
        iss: options.url,
        aud: options.audience,
        sub: 'developer',
        iat: now,
        exp: now + TOKEN_LIFETIME,
        jti: randomUUID(),
        ...claims,
      })
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
        .sign(key);
    },
  };
}
