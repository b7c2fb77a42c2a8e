import { Token } from 'aws-cdk-lib';

/** A JWK set is not for one line. */
const MAX_VALUE = 200;

/** A setting that is missing or malformed; the message is one line that says what it must be. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * Checks each value of a list; one that only a deployment knows holds a single placeholder.
 *
 * @throws SettingError for the first value that is not valid
 */
export function checkEach(
  setting: string,
  values: readonly string[] | undefined,
  isValid: (value: string) => boolean,
  expected: string,
): void {
  if (Token.isUnresolved(values)) return;
  for (const value of values ?? []) check(setting, value, isValid, expected);
}

/**
 * A value that is known at deployment only is as good as any.
 *
 * @throws SettingError where there is a value, and it is not valid: `expected` says what it must be
 */
export function check<T>(
  setting: string,
  value: T | undefined,
  isValid: (value: T) => boolean,
  expected: string,
): void {
  if (value === undefined || Token.isUnresolved(value) || isValid(value)) return;
  throw new SettingError(
    `Invalid ${setting} ${JSON.stringify(value)?.slice(0, MAX_VALUE)}: it must be ${expected}`,
  );
}
