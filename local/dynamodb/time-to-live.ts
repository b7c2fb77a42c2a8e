/**
 * Runs Time to Live again and again, `seconds` after it has come to an end. DynamoDB takes up to a few days instead:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 *
 * @param removeExpired removes what has expired; after a rejection it is tried again
 */
export function startTimeToLive(removeExpired: () => Promise<unknown>, seconds: number): TimeToLive {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  let closed = false;
  const schedule = () => {
    if (closed) return;
    timer = setTimeout(() => {
      running = removeExpired().catch(console.error).then(schedule);
    }, seconds * 1000).unref();
  };
  schedule();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

export interface TimeToLive {
  /** Resolves once no removal is under way. */
  close(): Promise<void>;
}
