import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';

/**
 * Finds the key that a token's header names among those of a JWK set (RFC 7517).
 *
 * @throws Error where it is no JWK set
 */
export function keySet({ keys }: JSONWebKeySet): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: keys.map((key) => (key.crv === 'Ed25519' ? withoutAlg(key) : key)) });
}

/** Its algorithm has two names, EdDSA and Ed25519, and the key may say one where the token says the other: RFC 9864. */
function withoutAlg({ alg: _, ...key }: JWK): JWK {
  return key;
}
