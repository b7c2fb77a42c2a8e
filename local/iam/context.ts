/** What a request is known by, each key with all its values. Keys of conditions are the same in any case. */
export class RequestContext {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: Readonly<Record<string, string | readonly string[]>>) {
    this.#values = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  }

  /** No values where the request has no such key. */
  get(key: string): readonly string[] {
    return this.#values.get(key.toLowerCase()) ?? [];
  }
}
