import * as v from 'valibot';

/** Names one deployment, or a part of it: 1 to 16 characters that keys, tags and stack names can all hold. */
export const Environment = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,15}$/, 'is not an env'));
export type Environment = v.InferOutput<typeof Environment>;

/** The rule of `Environment`, in words for error messages. */
export const ENVIRONMENT_RULE = '1 to 16 of a-z 0-9 -, beginning with a letter or digit';

/**
 * An organisation's id as the issuer has it: a UUID, `org_2aBc`. Neither `/` nor `#`, the separators of object and table
 * keys, nor any IAM wildcard can occur in it. Two characters at least, for it names the session too, and STS takes no
 * shorter name: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const TenantId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$/, 'is not a tenant id'),
);

/** The rule of `TenantId`, in words for error messages. */
export const TENANT_ID_RULE = '2 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit';

export const SCOPES = ['raw:read', 'raw:write', 'raw:delete', 'raw:erase'] as const;
export type Scope = (typeof SCOPES)[number];

/** The context that the authorizer gives to the gateway. A token may be valid and yet name no tenant. */
export const AuthorizerContext = v.object({
  tenant_id: v.optional(TenantId),
  env: Environment,
  user_id: v.pipe(v.string(), v.minLength(1)),
  scopes: v.array(v.string()),
});
export type AuthorizerContext = v.InferOutput<typeof AuthorizerContext>;

/** The tenant that a request acts for. It comes from the verified token alone, never from a body, a path or a header. */
export type TenantContext = AuthorizerContext & { readonly tenant_id: string };
