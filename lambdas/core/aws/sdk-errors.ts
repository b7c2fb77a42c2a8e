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

/** Turns an exception of the SDK into the core's error, where it means that the store is out of reach for now. */
export function unavailableOr(error: unknown, store: string): unknown {
  return isTemporary(error)
    ? new RawStorageError('unavailable', `${store} is not available`, { cause: error })
    : error;
}
