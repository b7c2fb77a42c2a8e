import * as v from 'valibot';

/** Names of the environment variables that the stack sets and the functions read: declared once for both. */
export const ENV = {
  rawBucket: 'RAW_BUCKET',
  bucketOwner: 'BUCKET_OWNER',
  assetTable: 'ASSET_TABLE',
  tenantRoleArn: 'TENANT_ROLE_ARN',
  purgeRoleArn: 'PURGE_ROLE_ARN',
  eventBus: 'EVENT_BUS',
  poisonQueueUrl: 'POISON_QUEUE_URL',
  maxUploadBytes: 'MAX_UPLOAD_BYTES',
  maxHashBytes: 'MAX_HASH_BYTES',
  uploadExpirySeconds: 'UPLOAD_EXPIRY_SECONDS',
  deleteRetentionDays: 'DELETE_RETENTION_DAYS',
  issuer: 'JWT_ISSUER',
  audience: 'JWT_AUDIENCE',
  jwksUri: 'JWKS_URI',
  jwks: 'JWKS',
  tenantClaim: 'TENANT_CLAIM',
  scopeClaim: 'SCOPE_CLAIM',
  scopePrefix: 'SCOPE_PREFIX',
  envClaim: 'ENV_CLAIM',
  defaultEnv: 'DEFAULT_ENV',
} as const;

/** A positive whole number, as the text that an environment variable holds. */
export const positiveInteger = v.pipe(v.string(), v.regex(/^[1-9]\d{0,15}$/), v.transform(Number));

/** A whole number, as the text that an environment variable holds. */
export const wholeNumber = v.pipe(v.string(), v.regex(/^\d{1,16}$/), v.transform(Number));

/** Text that is there and not empty. */
export const text = v.pipe(v.string(), v.minLength(1));

/** One or several words, set apart by a space each. */
export const words = v.pipe(
  v.string(),
  v.regex(/^\S+( \S+)*$/),
  v.transform((value) => value.split(' ')),
);

/**
 * Reads a function's settings once, at start.
 *
 * @throws Error naming every variable that is missing or malformed; the function then never takes a request.
 */
export function parseEnv<const TEntries extends v.ObjectEntries>(
  entries: TEntries,
  env: Readonly<Record<string, string | undefined>> = process.env,
): v.InferOutput<v.ObjectSchema<TEntries, undefined>> {
  const result = v.safeParse(v.object(entries), env);
  if (result.success) return result.output;
  const names = new Set(result.issues.map((issue) => v.getDotPath(issue)));
  throw new Error(`Environment variables missing or malformed: ${[...names].join(', ')}`);
}
