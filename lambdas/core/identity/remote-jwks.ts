import { errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { keySet } from '#core/identity/key-set';
import { getJson, jwksUriOf } from '#core/identity/openid-discovery';
import { describeError, log } from '#core/log';
import { METRIC, putMetric } from '#core/metrics';

/** Keys are fetched again after this long, so that one which the issuer withdraws or replaces is refused from then on. */
const FRESH_MS = 10 * 60 * 1000;
/** While the issuer is out of reach, known keys are good for this long at most. */
const STALE_MS = 60 * 60 * 1000;
/** Between two fetches for keys that are not known: made-up key ids must not become load on the issuer. */
const UNKNOWN_MS = 30 * 1000;
/** Between a failure and the next fetch. */
const RETRY_MS = 1000;
/** The same, as long as known keys serve: no request waits for an issuer that is out of reach more often than that. */
const RETRY_STALE_MS = 30 * 1000;

/** Whether a token is good cannot be told now; it is not the token's fault. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/**
 * An issuer's public keys (RFC 7517), by its JWKS URI or by OpenID Connect discovery. jose's own remote set throws as
 * soon as its cache is stale; this one goes on with what it knows, within bounds.
 */
export class RemoteJwks {
  readonly #issuer: string;
  #jwksUri: string | undefined;
  #keys: JWTVerifyGetKey | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #soughtAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<boolean> | undefined;

  constructor(issuer: string, jwksUri?: string) {
    this.#issuer = issuer;
    this.#jwksUri = jwksUri;
  }

  /**
   * Finds the key that a token's header names.
   *
   * @throws JWKSNoMatchingKey where the issuer has no such key, KeysUnavailableError where it cannot be asked
   */
  readonly getKey: JWTVerifyGetKey = async (header, token) => {
    const before = this.#keys;
    if (this.#age() >= FRESH_MS) await this.#fetch(this.#age() < STALE_MS ? RETRY_STALE_MS : RETRY_MS);
    try {
      return await this.#trusted()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have begun to sign with a new key since they were fetched, unless that was just now.
      if (this.#keys !== before || Date.now() - this.#soughtAt < UNKNOWN_MS) throw error;
      if (!(await this.#fetch(RETRY_MS))) throw new KeysUnavailableError('the key is not among those known');
      this.#soughtAt = Date.now();
      return this.#trusted()(header, token);
    }
  };

  #age(): number {
    return Date.now() - this.#loadedAt;
  }

  #trusted(): JWTVerifyGetKey {
    if (this.#keys && this.#age() < STALE_MS) return this.#keys;
    throw new KeysUnavailableError('no keys of the issuer are known');
  }

  /** Resolves to whether keys were fetched just now: not where a fetch failed less than `pause` milliseconds ago. */
  async #fetch(pause: number): Promise<boolean> {
    if (this.#loading) return this.#loading;
    if (Date.now() - this.#failedAt < pause) return false;
    this.#loading = this.#load()
      .then(() => true)
      .catch((error) => {
        this.#failedAt = Date.now();
        log('error', 'keys of the issuer not fetched', describeError(error));
        putMetric(METRIC.keyFetchFailures, 'Count', [1]);
        return false;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  async #load(): Promise<void> {
    this.#jwksUri ??= await jwksUriOf(this.#issuer);
    this.#keys = keySet(await getJson<JSONWebKeySet>(this.#jwksUri));
    this.#loadedAt = Date.now();
  }
}
