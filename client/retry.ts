import { aborted, NexusError } from './errors.ts';

/** How often a call is made at most. The waits between come to some twenty seconds: as long as a service takes to start anew. */
const MAX_ATTEMPTS = 8;
/** The longest wait before the second attempt, in milliseconds. It doubles with each; the shortest one is half of it. */
const BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/** Errors that a call was given up with. A batch's call is made for many, each of whom would begin it again. */
const givenUp = new WeakSet<NexusError>();

/**
 * Calls until it succeeds, as long as its error may be another one later. Waits as long as the answer asks to, and a time
 * that doubles, half of it by chance (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
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
      if (!(error instanceof NexusError) || !error.retryable || givenUp.has(error)) throw error;
      if (attempt === MAX_ATTEMPTS) {
        givenUp.add(error);
        throw error;
      }
      const most = Math.min(BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      await wait((error.retryAfterMs ?? 0) + (most * (1 + Math.random())) / 2, signal);
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
