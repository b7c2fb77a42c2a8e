import type { Outcome } from '#contract/batch';
import type { Api } from './api.ts';
import { errorOf } from './errors.ts';

/** The most items that a call takes. */
const MAX_ITEMS = 100;

/** How long an item waits for others to come, in milliseconds. */
const LINGER_MS = 1000;

interface Waiting {
  readonly item: object;
  readonly settle: (outcome: Outcome<unknown>) => void;
  readonly fail: (error: unknown) => void;
}

/** Gathers single requests to one route into batches. */
export class Batches {
  readonly #api: Api;
  readonly #path: string;
  readonly #stop: AbortSignal;
  #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param stop from then on no call is made again */
  constructor(api: Api, path: string, stop: AbortSignal) {
    this.#api = api;
    this.#path = path;
    this.#stop = stop;
  }

  /** How many items wait for others. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws NexusError what the item alone is answered, or why the call has failed */
  async add<T>(item: object): Promise<T> {
    const { status, body } = await new Promise<Outcome<unknown>>((settle, fail) => {
      this.#waiting.push({ item, settle, fail });
      if (this.#waiting.length === MAX_ITEMS) this.flush();
      else this.#timer ??= setTimeout(() => this.flush(), LINGER_MS);
    });
    if (status === 200) return body as T;
    throw errorOf(status, body);
  }

  /** Asks for all that wait. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) void this.#send(batch);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const answer = await this.#api.call<{ readonly items: readonly Outcome<unknown>[] }>(
        'POST',
        this.#path,
        { body: { items }, stop: this.#stop },
      );
      for (const [index, { settle, fail }] of batch.entries()) {
        const outcome = answer.items[index];
        if (outcome === undefined) fail(errorOf(502, { message: 'The answer lacks an item' }));
        else settle(outcome);
      }
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
  }
}
