import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { RawStorageError } from '#core/errors';

type SdkError = Parameters<typeof isServerError>[0];

/** True where the same call may succeed later: throttled, timed out, cut off, or a fault of the service's own. */
function isTemporary(error: unknown): boolean {
  const sdkError = error as SdkError;
  return (
    error instanceof Error &&
    (isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError))
  );
}

/**
 * How AWS says that credentials are not, or not any longer, good for a call: expired, revoked, unknown, or denied by a policy
 * that IAM has not yet, or no longer, told the service of. HEAD's answer has no body to say more than 403 in.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
 */
const REFUSALS = new Set([
  '403',
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]);

/** Whether a service refused the credentials of a call, by the error or what caused it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && (REFUSALS.has(error.name) || isRefusal(error.cause));
}

/** Turns an exception of the SDK into the core's error, where it means that the store is out of reach for now. */
export function unavailableOr(error: unknown, store: string): unknown {
  return isTemporary(error) || isRefusal(error)
    ? new RawStorageError('unavailable', `${store} is not available`, { cause: error })
    : error;
}
