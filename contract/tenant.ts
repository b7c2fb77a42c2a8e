import * as v from 'valibot';

export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;

export const Environment = v.picklist(ENVIRONMENTS);
export type Environment = v.InferOutput<typeof Environment>;

/** Neither `/` nor `#`, the separators of object and table keys, nor any IAM wildcard can occur in it. */
export const TenantId = v.pipe(v.string(), v.regex(/^t_[a-z0-9_-]{1,60}$/, 'is not a tenant id'));

export const SCOPES = ['raw:read', 'raw:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** What the authorizer puts into the request's context. A token may be valid and yet name no tenant. */
export const AuthorizerContext = v.object({
  tenant_id: v.optional(TenantId),
  env: Environment,
  user_id: v.pipe(v.string(), v.minLength(1)),
  scopes: v.array(v.string()),
});
export type AuthorizerContext = v.InferOutput<typeof AuthorizerContext>;

/** Whom a request acts for. Made from the verified token alone, never from a body, a path or a header. */
export type TenantContext = AuthorizerContext & { readonly tenant_id: string };
