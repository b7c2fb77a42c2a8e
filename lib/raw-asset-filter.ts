import { Token } from 'aws-cdk-lib';
import * as v from 'valibot';
import { ENVIRONMENT_RULE, Environment, TENANT_ID_RULE, TenantId } from '#contract/tenant';
import { check, SettingError } from './setting-error.ts';

/**
 * The assets whose events a subscriber receives: they meet every criterion, each by one of its values. The `raw_asset_purged`
 * of an erased asset holds ids only, so it meets no criterion of content type, filename or size.
 */
export interface RawAssetFilter {
  /**
   * The tenants whose assets match.
   *
   * @default - every tenant's
   */
  readonly tenants?: readonly string[];
  /**
   * The environments whose assets match.
   *
   * @default - all
   */
  readonly envs?: readonly Environment[];
  /**
   * Media types in any case, whatever their parameters: `text/csv`, or `image/*` for all of a kind.
   *
   * @default - any
   */
  readonly contentTypes?: readonly string[];
  /**
   * Ends of the filename in any case, such as `.csv`.
   *
   * @default - any
   */
  readonly filenameSuffixes?: readonly string[];
  /**
   * The smallest file, in bytes, at most 5 × 10⁹. With a bound on the size, an event that tells none (a form's may not) or
   * one over 5 × 10⁹ bytes does not match: EventBridge compares no larger numbers.
   *
   * @default - any
   */
  readonly minSizeBytes?: number;
  /**
   * The largest file, in bytes, at most 5 × 10⁹.
   *
   * @default - any
   */
  readonly maxSizeBytes?: number;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching */
const MAX_NUMBER = 5e9;

/** A media type without parameters (RFC 9110, section 8.3.1), or `type/*`. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/([\w!#$&^.+-]+|\*)$/;

/**
 * Makes the part of an EventBridge pattern that an event's `detail` must match.
 *
 * @throws SettingError for a criterion that nothing could meet
 */
export function detailPattern(filter: RawAssetFilter): Record<string, unknown> | undefined {
  const { tenants, envs, contentTypes, filenameSuffixes, minSizeBytes, maxSizeBytes } = filter;
  check('tenants', tenants, listOf(isTenant), `a list of tenant ids, each ${TENANT_ID_RULE}`);
  check('envs', envs, listOf(isEnvironment), `a list of envs, each ${ENVIRONMENT_RULE}`);
  check(
    'contentTypes',
    contentTypes,
    listOf(isMediaType),
    'a list of media types such as text/csv or image/*',
  );
  check('filenameSuffixes', filenameSuffixes, listOf(isText), 'a list of ends of filenames such as .csv');
  check('minSizeBytes', minSizeBytes, isSize, `a whole number of 0 to ${MAX_NUMBER}`);
  check('maxSizeBytes', maxSizeBytes, isSize, `a whole number of 0 to ${MAX_NUMBER}`);
  const size_bytes = sizePattern(minSizeBytes, maxSizeBytes);
  const asset = {
    ...(contentTypes && { content_type: contentTypes.flatMap(mediaTypePatterns) }),
    ...(filenameSuffixes && {
      filename: filenameSuffixes.map((suffix) => ({ suffix: { 'equals-ignore-case': suffix } })),
    }),
    ...(size_bytes && { size_bytes }),
  };
  const detail = {
    ...(tenants && { tenant_id: [...tenants] }),
    ...(envs && { env: [...envs] }),
    ...(Object.keys(asset).length > 0 && { asset }),
  };
  return Object.keys(detail).length > 0 ? detail : undefined;
}

/** A type by itself, and with parameters after it. */
function mediaTypePatterns(type: string): object[] {
  const startsWith = (text: string) => ({ prefix: { 'equals-ignore-case': text } });
  if (type.endsWith('/*')) return [startsWith(type.slice(0, -1))];
  return [{ 'equals-ignore-case': type }, startsWith(`${type};`)];
}

function sizePattern(min: number | undefined, max: number | undefined): object[] | undefined {
  if (min !== undefined && max !== undefined && min > max)
    throw new SettingError(`Invalid minSizeBytes ${min}: it is over maxSizeBytes, ${max}`);
  // EventBridge refuses a range of one number: https://github.com/aws/event-ruler
  if (min !== undefined && min === max) return [{ numeric: ['=', min] }];
  const numeric = [...(min === undefined ? [] : ['>=', min]), ...(max === undefined ? [] : ['<=', max])];
  return numeric.length > 0 ? [{ numeric }] : undefined;
}

/** A value that is known at deployment only is as good as any. */
const listOf = (isValid: (value: string) => boolean) => (values: readonly string[]) =>
  values.length > 0 && values.every((value) => Token.isUnresolved(value) || isValid(value));

const isTenant = (id: string) => v.is(TenantId, id);
const isEnvironment = (env: string) => v.is(Environment, env);
const isMediaType = (type: string) => MEDIA_TYPE.test(type);
const isText = (text: string) => text !== '';
const isSize = (bytes: number) => Number.isInteger(bytes) && bytes >= 0 && bytes <= MAX_NUMBER;
