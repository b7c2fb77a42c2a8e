import type { QueryParameters } from '../endpoint/query-service.ts';
import { AwsError } from '../http/aws-error.ts';

export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly seconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

const MIN_SECONDS = 900;
/** A role that is assumed with another role's credentials lasts an hour at most, and all credentials here are a role's. */
const MAX_SECONDS = 3600;
const MAX_TAGS = 50;

const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]{1,64}$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
/** A tag's characters include no wildcard. */
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const TAG = /^Tags\.member\.(\d{1,3})\.(Key|Value)$/;

/**
 * Reads AssumeRole's parameters: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @throws AwsError 400, also for a parameter that is not implemented: to ignore it would give another session than STS does
 */
export function readAssumeRole(parameters: QueryParameters): AssumeRoleRequest {
  const { RoleArn = '', RoleSessionName = '', DurationSeconds = '3600', ...others } = parameters;
  if (!ROLE_ARN.test(RoleArn)) throw invalid(`${RoleArn} is invalid`);
  if (!SESSION_NAME.test(RoleSessionName)) {
    throw invalid(`Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint`);
  }
  const seconds = /^\d{1,6}$/.test(DurationSeconds) ? Number(DurationSeconds) : 0;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
    throw invalid(`Value '${DurationSeconds}' at 'durationSeconds': from ${MIN_SECONDS} to ${MAX_SECONDS}`);
  }
  return { roleArn: RoleArn, sessionName: RoleSessionName, seconds, tags: readTags(others) };
}

function readTags(parameters: QueryParameters): Record<string, string> {
  const members = new Map<string, { Key?: string; Value?: string }>();
  for (const [name, value] of Object.entries(parameters)) {
    // The SDK writes an empty list so.
    if (name === 'Tags' && value === '') continue;
    const [, index, field] = TAG.exec(name) ?? [];
    if (index === undefined || field === undefined) throw invalid(`${name} is not implemented`);
    members.set(index, { ...members.get(index), [field]: value });
  }
  const tags = [...members.values()].map(({ Key = '', Value }): [string, string] => {
    if (!TAG_KEY.test(Key) || /^aws:/i.test(Key)) throw invalid(`'${Key}' is not a valid tag key`);
    if (Value === undefined || !TAG_VALUE.test(Value)) throw invalid(`'${Value}' is not a valid tag value`);
    return [Key, Value];
  });
  if (tags.length > MAX_TAGS) throw invalid(`Member must have length less than or equal to ${MAX_TAGS}`);
  // Two keys that differ in case only are one key.
  if (new Set(tags.map(([key]) => key.toLowerCase())).size < tags.length) {
    throw new AwsError(400, 'InvalidParameterValue', 'Duplicate tag keys found');
  }
  return Object.fromEntries(tags);
}

function invalid(message: string): AwsError {
  return new AwsError(400, 'ValidationError', message);
}
