/**
 * Whom the page acts for. On this machine anybody gets a token for any tenant; where you host the page, put your own sign-in in
 * the place of this file.
 */
let tenant = 'default';

/** Where the API is: this page comes from there. */
export const baseUrl = location.origin;

export function switchTenant(to: string): void {
  tenant = to;
}

export function currentTenant(): string {
  return tenant;
}

/** @throws Error with what the issuer says */
export async function token(): Promise<string> {
  const response = await fetch('/_local/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant_id: tenant }),
  });
  const answer = (await response.json()) as { readonly access_token?: string; readonly message?: string };
  if (answer.access_token === undefined) throw new Error(answer.message ?? 'There is no token');
  return answer.access_token;
}
