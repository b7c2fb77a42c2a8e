/** A token bucket, as API Gateway counts requests: `burst` at once, refilled at `ratePerSecond`. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** `now` gives milliseconds. */
  constructor(
    limit: { ratePerSecond: number; burst: number },
    now: () => number = performance.now.bind(performance),
  ) {
    this.#rate = limit.ratePerSecond;
    this.#burst = limit.burst;
    this.#now = now;
    this.#tokens = limit.burst;
    this.#filledAt = now();
  }

  /** False: too many requests. */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
