import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { describeError, log } from '#core/log';

/** Keys are fetched again after this long, so that a key which the issuer withdraws is refused from then on. */
const FRESH_MS = 10 * 60 * 1000;
/** While the issuer is out of reach, known keys are good for this long at most. */
const STALE_MS = 60 * 60 * 1000;
/** Between two fetches: tokens with made-up key ids must not become load on the issuer. */
const COOLDOWN_MS = 30 * 1000;
const TIMEOUT_MS = 3000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * An issuer's public keys (RFC 7517), by its JWKS URI or by OpenID Connect discovery. jose's own remote set throws as
 * soon as its cache is stale; this one goes on with what it knows, within bounds.
 */
export class RemoteJwks {
  readonly #issuer: string;
  #jwksUri: string | undefined;
  #keys: KeySet | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(issuer: string, jwksUri?: string) {
    this.#issuer = issuer;
    this.#jwksUri = jwksUri;
  }

  /** Finds the key that a token's header names; throws when there is none that may be trusted now. */
  readonly getKey: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() - this.#loadedAt > FRESH_MS) await this.#refresh();
    try {
      return await this.#trusted()(header, token);
    } catch (error) {
      // The issuer may have begun to sign with a new key since.
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.#refresh())) throw error;
      return this.#trusted()(header, token);
    }
  };

  #trusted(): KeySet {
    if (this.#keys && Date.now() - this.#loadedAt <= STALE_MS) return this.#keys;
    throw new Error('no keys of the issuer are known');
  }

  /** Resolves to whether keys were fetched just now. */
  async #refresh(): Promise<boolean> {
    if (!this.#loading) {
      if (Date.now() - this.#triedAt < COOLDOWN_MS) return false;
      this.#triedAt = Date.now();
      this.#loading = this.#load().finally(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading.then(
      () => true,
      (error) => {
        log('error', 'keys of the issuer not fetched', describeError(error));
        return false;
      },
    );
  }

  async #load(): Promise<void> {
    this.#jwksUri ??= await discover(this.#issuer);
    this.#keys = createLocalJWKSet(await getJson<JSONWebKeySet>(this.#jwksUri));
    this.#loadedAt = Date.now();
  }
}

/** OpenID Connect Discovery 1.0, section 4: the document must name the very issuer that was asked for. */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await getJson<{ issuer?: unknown; jwks_uri?: unknown }>(url);
  if (document.issuer !== issuer) throw new Error('the discovery document names another issuer');
  const { protocol, hostname, href } = new URL(String(document.jwks_uri));
  const loopback = protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !loopback) throw new Error('jwks_uri is neither https nor on loopback');
  return href;
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
