/** The condition keys of one request with all their values. Names of keys are compared without regard to case. */
export class RequestContext {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: Readonly<Record<string, string | readonly string[]>>) {
    this.#values = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  }

  /** @returns no values where the request has no such key */
  get(key: string): readonly string[] {
    return this.#values.get(key.toLowerCase()) ?? [];
  }
}
