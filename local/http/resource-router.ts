import type { Access } from '../iam/principal.ts';
import type { JsonService } from './json-service.ts';

/** One service over several resources of it. A name that is none's is refused by the first, as it refuses. */
export class ResourceRouter<TResource extends JsonService> implements JsonService {
  readonly #resources: ReadonlyMap<string, TResource>;
  readonly #nameIn: (input: object) => string;

  constructor(resources: ReadonlyMap<string, TResource>, nameIn: (input: object) => string) {
    this.#resources = resources;
    this.#nameIn = nameIn;
  }

  accesses(operation: string, input: object): readonly Access[] {
    return this.#route(input).accesses(operation, input);
  }

  async handle(operation: string, input: object): Promise<unknown> {
    return this.#route(input).handle(operation, input);
  }

  #route(input: object): TResource {
    const [first] = this.#resources.values();
    return this.#resources.get(this.#nameIn(input)) ?? (first as TResource);
  }
}
