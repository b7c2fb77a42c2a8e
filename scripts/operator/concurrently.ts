/** How many calls to a service run at the same time. */
const LIMIT = 16;

/**
 * Calls `action` with each item, several at a time.
 *
 * @throws the error of the first call that fails; no further call is started then
 */
export async function concurrently<T>(
  items: Iterable<T>,
  action: (item: T) => Promise<unknown>,
): Promise<void> {
  // All workers share the iterator. A worker whose call fails leaves its loop, which ends the iterator for the others.
  const rest = (function* () {
    yield* items;
  })();
  const work = async () => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: LIMIT }, work));
}
