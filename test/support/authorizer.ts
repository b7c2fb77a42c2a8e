import { vi } from 'vitest';
import { AUDIENCE } from './issuer.ts';

type Handler = typeof import('../../lambdas/authorizer.ts')['handler'];

/** The authorizer afresh, as a new container has it; the returned function takes an `Authorization` header. */
export async function startAuthorizer(settings: Readonly<Record<string, string | undefined>>) {
  vi.resetModules();
  vi.unstubAllEnvs();
  const environment = {
    JWT_AUDIENCE: AUDIENCE,
    TENANT_CLAIM: 'tenant_id',
    SCOPE_CLAIM: 'scope scp',
    ENV_CLAIM: 'env',
    DEFAULT_ENV: 'staging',
    ...settings,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { handler } = await import('../../lambdas/authorizer.ts');
  return (authorization: string | undefined): ReturnType<Handler> =>
    handler({
      headers: { authorization },
      requestContext: { requestId: 'r' },
    } as unknown as Parameters<Handler>[0]);
}
