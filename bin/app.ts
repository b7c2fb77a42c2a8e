import { App } from 'aws-cdk-lib';
import { RawStorageStack, type RawStorageStackProps } from '../lib/raw-storage-stack.ts';
import { SettingError } from '../lib/setting-error.ts';

const app = new App();

try {
  new RawStorageStack(app, 'NexusRawStorage', {
    issuer: text('issuer') ?? '',
    audience: list('audience') ?? '',
    jwksUri: text('jwksUri'),
    jwks: json('jwks') as RawStorageStackProps['jwks'],
    tenantClaim: text('tenantClaim'),
    scopeClaim: list('scopeClaim'),
    scopePrefix: text('scopePrefix'),
    envClaim: text('envClaim'),
    env: text('env'),
    allowedOrigins: list('allowedOrigins'),
    maxUploadBytes: number('maxUploadBytes'),
    maxHashBytes: number('maxHashBytes'),
    uploadExpirySeconds: number('uploadExpirySeconds'),
    runbookUrl: text('runbookUrl'),
  });
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** A context value is text where `-c` gave it, and of any type where `cdk.json` did. */
function text(key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return value === undefined ? undefined : String(value);
}

function number(key: string): number | undefined {
  const value = text(key);
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new SettingError(`Invalid ${key} ${JSON.stringify(value)}: it must be a whole number`);
}

/** JSON, or the value itself in `cdk.json`. */
function json(key: string): unknown {
  const value: unknown = app.node.tryGetContext(key);
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new SettingError(`Invalid ${key} ${JSON.stringify(value)}: it must be JSON`);
  }
}

/** Comma-separated, or a list in `cdk.json`. */
function list(key: string): string[] | undefined {
  return text(key)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
