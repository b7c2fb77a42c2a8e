import * as v from 'valibot';
import { ENVIRONMENT_RULE, Environment } from '#contract/tenant';
import type { IdentitySettings } from './identity-settings.ts';
import { check } from './setting-error.ts';

/** What a deployment decides, beside whose tokens are taken. */
export interface DeploymentSettings {
  /**
   * The env of tokens that name none: 1 to 16 of a-z 0-9 -. In `prod` the table is protected from deletion.
   *
   * @default 'dev'
   */
  readonly env?: Environment | undefined;
  /**
   * Origins of browser clients, such as `https://app.example`; `*` for any.
   *
   * @default - none
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * The largest file, in bytes.
   *
   * @default - 5 GiB, which is also the most
   */
  readonly maxUploadBytes?: number | undefined;
  /**
   * The largest file whose SHA-256 register computes, in bytes; one that declares it at presign may be larger.
   *
   * @default - 256 MiB
   */
  readonly maxHashBytes?: number | undefined;
  /**
   * How long a form works, in seconds; at most 2700.
   *
   * @default 900
   */
  readonly uploadExpirySeconds?: number | undefined;
}

/** What a deployment decides. */
export interface Settings extends DeploymentSettings, IdentitySettings {}

/** What one POST to S3 can carry: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const MAX_UPLOAD_BYTES = 5 * 1024 ** 3;
/** Tenant credentials live an hour, and must outlive the forms that they sign. */
export const MAX_UPLOAD_EXPIRY_SECONDS = 2700;

/** @throws SettingError for the first setting that cannot be */
export function validateSettings(settings: DeploymentSettings): void {
  const { env, allowedOrigins } = settings;
  check('env', env, (name) => v.is(Environment, name), ENVIRONMENT_RULE);
  for (const origin of allowedOrigins ?? []) {
    check('allowedOrigins', origin, isOrigin, 'origins such as https://app.example, or *');
  }
  const { maxUploadBytes, maxHashBytes, uploadExpirySeconds } = settings;
  check(
    'maxUploadBytes',
    maxUploadBytes,
    upTo(MAX_UPLOAD_BYTES),
    `a whole number of 1 to ${MAX_UPLOAD_BYTES}`,
  );
  check('maxHashBytes', maxHashBytes, upTo(MAX_UPLOAD_BYTES), `a whole number of 1 to ${MAX_UPLOAD_BYTES}`);
  check(
    'uploadExpirySeconds',
    uploadExpirySeconds,
    upTo(MAX_UPLOAD_EXPIRY_SECONDS),
    `a whole number of 1 to ${MAX_UPLOAD_EXPIRY_SECONDS}`,
  );
}

const upTo = (most: number) => (value: number) => Number.isInteger(value) && value >= 1 && value <= most;

const isOrigin = (text: string) =>
  text === '*' || (/^https?:/.test(text) && URL.parse(text)?.origin === text);
