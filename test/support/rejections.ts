import { setImmediate } from 'node:timers/promises';
import { promiseHooks } from 'node:v8';

/** Every Error that any promise of this thread is rejected with while `run` runs, caught later or not. */
export async function rejectionsDuring(run: () => Promise<unknown>): Promise<Error[]> {
  const errors = new Set<Error>();
  const own = new WeakSet<Promise<unknown>>();
  const note = (reason: unknown) => {
    if (reason instanceof Error) errors.add(reason);
  };
  const stop = promiseHooks.onSettled((promise) => {
    if (!own.has(promise)) own.add(promise.then(() => {}, note));
  }) as () => void;
  try {
    await run();
    await setImmediate();
  } finally {
    stop();
  }
  return [...errors];
}
