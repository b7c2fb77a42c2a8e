import type { RawStorageProps } from './raw-storage.ts';
import { SettingError } from './setting-error.ts';

/** Looks a value up: text where `-c` gave it, of any type where `cdk.json` did, undefined where nobody did. */
export type ContextLookup = (name: string) => unknown;

/**
 * The settings that context can give, read with one lookup each.
 *
 * @throws SettingError for a value that is not of its setting's type; whether it is valid is the construct's to check
 */
export function readContext(lookup: ContextLookup): RawStorageProps {
  const text = (name: string) => {
    const value = lookup(name);
    return value === undefined ? undefined : String(value);
  };
  const parsed = <T>(name: string, parse: (text: string) => T | undefined, expected: string) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const result = parse(value);
    if (result !== undefined) return result;
    throw new SettingError(`Invalid ${name} ${JSON.stringify(value)}: it must be ${expected}`);
  };
  const number = (name: string) =>
    parsed(name, (value) => (/^\d+$/.test(value) ? Number(value) : undefined), 'a whole number');
  const boolean = (name: string) =>
    parsed(name, (value) => ({ true: true, false: false })[value], 'true or false');
  /** Comma-separated, or a list in `cdk.json`. */
  const list = (name: string) =>
    text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  /** JSON, or the value itself in `cdk.json`. */
  const json = (name: string) => {
    const value = lookup(name);
    return typeof value === 'string' ? parsed(name, parseJson, 'JSON') : value;
  };

  const rateLimit = number('throttleRate');
  const burstLimit = number('throttleBurst');
  return {
    issuer: text('issuer') ?? '',
    audience: list('audience') ?? '',
    jwksUri: text('jwksUri'),
    jwks: json('jwks') as RawStorageProps['jwks'],
    tenantClaim: text('tenantClaim'),
    scopeClaim: list('scopeClaim'),
    scopePrefix: text('scopePrefix'),
    envClaim: text('envClaim'),
    env: text('env'),
    allowedOrigins: list('allowedOrigins'),
    maxUploadBytes: number('maxUploadBytes'),
    maxHashBytes: number('maxHashBytes'),
    uploadExpirySeconds: number('uploadExpirySeconds'),
    deleteRetentionDays: number('deleteRetentionDays'),
    deletionProtection: boolean('deletionProtection'),
    ...((rateLimit ?? burstLimit) !== undefined && {
      // A limit that is left out keeps its default.
      throttle: {
        ...(rateLimit !== undefined && { rateLimit }),
        ...(burstLimit !== undefined && { burstLimit }),
      },
    }),
    publisherParallelization: number('publisherParallelization'),
    redrivers: list('redrivers'),
    alarmEmail: text('alarmEmail'),
    runbookUrl: text('runbookUrl'),
  };
}

/** The names of the settings that context can give. */
export function contextNames(): readonly string[] {
  const names = new Set<string>();
  readContext((name) => void names.add(name));
  return [...names];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
