import * as v from 'valibot';
import { isJsonObject } from '#contract/json';
import { Environment, SCOPES, type Scope, TenantId } from '#contract/tenant';

type Claims = Readonly<Record<string, unknown>>;

/** Words of printable ASCII but `"` and `\`, each set apart by one space: RFC 6749, section 3.3. */
const ScopeText = v.pipe(
  v.string(),
  v.regex(/^([!#-[\]-~]+( [!#-[\]-~]+)*)?$/),
  v.transform((text) => text.split(' ')),
);
const ScopeList = v.array(v.string());

/**
 * The claim that has exactly this name (`custom:tenant`, `https://nexus.example/tenant`), or, where no claim has it, what is
 * at this dotted path (`app_metadata.tenant_id`). A name within the path may hold dots itself, as a client's id does.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const inner = Object.hasOwn(claims, name.slice(0, dot)) && claims[name.slice(0, dot)];
    const found = isJsonObject(inner) ? claimAt(inner, name.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The tenant that a token names; undefined where it has no such claim. A list of exactly one text counts as that text.
 *
 * @throws Error that names the claim, for anything else that is no tenant id
 */
export function tenantOf(claims: Claims, claim: string): string | undefined {
  const value = claimAt(claims, claim);
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return read(v.optional(TenantId), only, claim, 'is not a tenant id');
}

/**
 * The env that a token names; undefined where it has no such claim, or none is to be looked at.
 *
 * @throws Error that names the claim, for anything else that is no env
 */
export function envOf(claims: Claims, claim: string | undefined): Environment | undefined {
  if (claim === undefined) return undefined;
  return read(v.optional(Environment), claimAt(claims, claim), claim, 'is not an env');
}

/**
 * The service's scopes among those of the first of these claims that the token has: text of words, or a list of words.
 *
 * @throws Error that names the claim, for one that is neither
 */
export function scopesOf(claims: Claims, names: readonly string[], prefix: string): Scope[] {
  for (const name of names) {
    const value = claimAt(claims, name);
    if (value === undefined) continue;
    const words = read(v.union([ScopeText, ScopeList]), value, name, 'is neither words nor a list of words');
    return SCOPES.filter((scope) => words.includes(prefix + scope));
  }
  return [];
}

/** @throws Error that names the claim */
export function userOf({ sub }: Claims): string {
  return read(v.pipe(v.string(), v.minLength(1)), sub, 'sub', 'is no subject');
}

function read<TSchema extends v.GenericSchema>(
  schema: TSchema,
  value: unknown,
  claim: string,
  fault: string,
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new Error(`the claim ${claim} ${fault}: it is ${kindOf(value)}`);
}

/** A value's kind and size: the value itself may be long, or personal where a setting names the wrong claim. */
function kindOf(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? 'null' : `of type ${typeof value}`;
}
