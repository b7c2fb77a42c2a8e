const TIMEOUT_MS = 3000;

/**
 * Where an issuer's keys are: OpenID Connect Discovery 1.0, section 4. The document must name the very issuer that was
 * asked for, and keys that cannot be changed on their way.
 */
export async function jwksUriOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await getJson<{ issuer?: unknown; jwks_uri?: unknown }>(url);
  if (document.issuer !== issuer) throw new Error('the discovery document names another issuer');
  const { protocol, hostname, href } = new URL(String(document.jwks_uri));
  const loopback = protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !loopback) throw new Error('jwks_uri is neither https nor on loopback');
  return href;
}

/** Follows no redirect, which could lead to keys of somebody else's. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
