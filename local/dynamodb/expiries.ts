import type { Item } from './dynalite-store.ts';

/** DynamoDB keeps items that expired longer ago: their time might be in other units by mistake. */
const FIVE_YEARS = 5 * 365 * 86_400;

/**
 * When each item of a table expires by its TTL attribute, in epoch seconds. An attribute that is no number is none.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
 */
export class Expiries {
  readonly #attribute: string;
  readonly #times = new Map<string, number>();

  constructor(attribute: string) {
    this.#attribute = attribute;
  }

  /** Takes an item as it is now: undefined where there is none. */
  note(key: Item, item: Item | undefined): void {
    const id = JSON.stringify(key);
    const time = item?.[this.#attribute]?.N;
    if (time === undefined) this.#times.delete(id);
    else this.#times.set(id, Number(time));
  }

  /** The keys of the items that have expired, in no order. */
  due(now: number): readonly Item[] {
    return [...this.#times]
      .filter(([, time]) => time < now && time >= now - FIVE_YEARS)
      .map(([id]) => JSON.parse(id));
  }
}
