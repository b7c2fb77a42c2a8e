import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCredentials } from '../iam/signer.ts';

/** The profile's name, for `AWS_PROFILE`. */
export const AWS_PROFILE = 'nexus';

/**
 * Writes a config file by which AWS's own tools and SDKs call the local services as the administrator. Its owner alone may
 * read it. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 *
 * @returns its path
 */
export function writeAwsProfile(
  dir: string,
  { url, region, credentials }: { url: string; region: string; credentials: LocalCredentials },
): string {
  const path = join(dir, 'aws-config');
  const lines = [
    `[profile ${AWS_PROFILE}]`,
    `region = ${region}`,
    `endpoint_url = ${url}`,
    `aws_access_key_id = ${credentials.accessKeyId}`,
    `aws_secret_access_key = ${credentials.secretAccessKey}`,
    `aws_session_token = ${credentials.sessionToken}`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  // The mode above is for a new file only.
  chmodSync(path, 0o600);
  return path;
}

/** Variables of a shell that AWS's tools put before a profile. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const OVERRIDING =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION|ENDPOINT_URL(_\w+)?|IGNORE_CONFIGURED_ENDPOINT_URLS)$/;

/** The names of the variables by which AWS's tools would call another service, or as another user, than the profile says. */
export function overridingVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter((name) => OVERRIDING.test(name) && environment[name])
    .sort();
}
