import * as v from 'valibot';
import { ENVIRONMENT_RULE, Environment } from '#contract/tenant';
import type { IdentitySettings } from './identity-settings.ts';
import { check, checkEach } from './setting-error.ts';

/** The settings of a deployment, but for those of its tokens. */
export interface DeploymentSettings {
  /**
   * The env of tokens that name none: 1 to 16 of a-z 0-9 -. In `prod` the table is protected from deletion, unless `deletionProtection` says otherwise.
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
  /**
   * How long a deleted asset can be restored, in days, 0 to 365; 0 makes delete an erase.
   *
   * @default 30
   */
  readonly deleteRetentionDays?: number | undefined;
  /**
   * Whether the table refuses to be deleted.
   *
   * @default - where `env` is `prod`
   */
  readonly deletionProtection?: boolean | undefined;
  /**
   * How many batches of one shard of the table's stream are published at a time, 1 to 10; each takes one of the account's
   * concurrent executions, of which a new account has 10 in all.
   *
   * @default 10
   */
  readonly publisherParallelization?: number | undefined;
  /**
   * ARNs of the roles and users that may put events of the service's source on its bus, beside `publish-events`, `*` and `?`
   * as wildcards: whoever runs `npm run events:redrive`.
   *
   * @default - nobody
   */
  readonly redrivers?: readonly string[] | undefined;
}

/** The settings of a deployment. */
export interface Settings extends DeploymentSettings, IdentitySettings {}

/** The most bytes that one POST to S3 can carry: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const MAX_UPLOAD_BYTES = 5 * 1024 ** 3;
/** Tenant credentials live an hour, and must outlive the forms that they sign. */
export const MAX_UPLOAD_EXPIRY_SECONDS = 2700;

const MAX_RETENTION_DAYS = 365;

/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
const MAX_PARALLELIZATION = 10;

/** @throws SettingError for the first setting that cannot be */
export function validateSettings(settings: DeploymentSettings): void {
  const { env, allowedOrigins } = settings;
  check('env', env, (name) => v.is(Environment, name), ENVIRONMENT_RULE);
  checkEach('allowedOrigins', allowedOrigins, isOrigin, 'origins such as https://app.example, or *');
  const { maxUploadBytes, maxHashBytes, uploadExpirySeconds, deleteRetentionDays } = settings;
  const { publisherParallelization, redrivers } = settings;
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
  check(
    'publisherParallelization',
    publisherParallelization,
    upTo(MAX_PARALLELIZATION),
    `a whole number of 1 to ${MAX_PARALLELIZATION}`,
  );
  check(
    'deleteRetentionDays',
    deleteRetentionDays,
    (days) => days === 0 || upTo(MAX_RETENTION_DAYS)(days),
    `a whole number of 0 to ${MAX_RETENTION_DAYS}`,
  );
  checkEach('redrivers', redrivers, isPrincipal, 'ARNs of IAM roles or users');
}

const isPrincipal = (arn: string) => /^arn:[\w*?-]+:(iam|sts)::[\d*?]+:\S+$/.test(arn);

const upTo = (most: number) => (value: number) => Number.isInteger(value) && value >= 1 && value <= most;

const isOrigin = (text: string) =>
  text === '*' || (/^https?:/.test(text) && URL.parse(text)?.origin === text);
