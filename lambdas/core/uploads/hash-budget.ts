/**
 * How many bytes one call may read to hash them. A batch shares the budget of a single call among its items: were all of them
 * read side by side, none might be done in time, however often the call is repeated.
 */
export class HashBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes `bytes` of what is left; nothing, where that is less. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
