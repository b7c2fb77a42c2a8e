/** A token bucket, by which API Gateway throttles: it holds `burst` tokens, and `ratePerSecond` are added each second. */
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

  /** Takes a token for one request. @returns false where none is left */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
