import { App } from 'aws-cdk-lib';
import type { RawStorageProps } from '../lib/raw-storage.ts';
import { RawStorageStack } from '../lib/raw-storage-stack.ts';
import { SettingError } from '../lib/setting-error.ts';

const app = new App();

try {
  const env = text('env') ?? 'dev';
  // Two envs in one account are two stacks. What cannot be an env is refused by its own line.
  const stackName = `NexusRawStorage-${env.replaceAll(/[^a-zA-Z0-9-]/g, '')}`;
  new RawStorageStack(app, stackName, {
    service: {
      issuer: text('issuer') ?? '',
      audience: list('audience') ?? '',
      jwksUri: text('jwksUri'),
      jwks: json('jwks') as RawStorageProps['jwks'],
      tenantClaim: text('tenantClaim'),
      scopeClaim: list('scopeClaim'),
      scopePrefix: text('scopePrefix'),
      envClaim: text('envClaim'),
      env,
      allowedOrigins: list('allowedOrigins'),
      maxUploadBytes: number('maxUploadBytes'),
      maxHashBytes: number('maxHashBytes'),
      uploadExpirySeconds: number('uploadExpirySeconds'),
      deletionProtection: boolean('deletionProtection'),
      throttle: throttle(number('throttleRate'), number('throttleBurst')),
      publisherParallelization: number('publisherParallelization'),
      redrivers: list('redrivers'),
      alarmEmail: text('alarmEmail'),
      runbookUrl: text('runbookUrl'),
    },
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

function boolean(key: string): boolean | undefined {
  const value = text(key);
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new SettingError(`Invalid ${key} ${JSON.stringify(value)}: it must be true or false`);
}

/** A limit that is left out keeps its default. */
function throttle(rateLimit?: number, burstLimit?: number): RawStorageProps['throttle'] {
  if (rateLimit === undefined && burstLimit === undefined) return undefined;
  return { ...(rateLimit !== undefined && { rateLimit }), ...(burstLimit !== undefined && { burstLimit }) };
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
