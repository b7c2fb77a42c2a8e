import { aborted, NexusError } from './errors.ts';

/** How often a call is made at most. With the waits between, it ends after half a minute or so. */
const MAX_ATTEMPTS = 8;
/** The longest wait before the second attempt, in milliseconds. It doubles with each. */
const BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/**
 * Calls until it succeeds, as long as its error may be another one later. Waits as long as the answer asks to, or a random
 * part of a time that doubles (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @throws NexusError the last one, or `aborted`
 */
export async function retrying<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted) throw aborted(signal);
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (!(error instanceof NexusError) || !error.retryable || attempt === MAX_ATTEMPTS) throw error;
      const most = Math.min(BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      await wait((error.retryAfterMs ?? 0) + Math.random() * most, signal);
    }
  }
}

/** Waits, or ends at once when the signal is aborted. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
