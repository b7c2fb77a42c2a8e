/** Calls to a service that are under way at a time. */
const LIMIT = 16;

/** Calls `action` with each item, several at a time. @throws what the first call that fails throws; none is begun then */
export async function concurrently<T>(
  items: Iterable<T>,
  action: (item: T) => Promise<unknown>,
): Promise<void> {
  // One for all workers, and ended by the worker that leaves its loop.
  const rest = (function* () {
    yield* items;
  })();
  const work = async () => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: LIMIT }, work));
}
