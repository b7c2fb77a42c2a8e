export interface QueueMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly sentAt: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A line of a queue's journal. */
export type QueueLine =
  /** A message that was sent. */
  | QueueMessage
  /** The ids of messages that were received at once, and when, in RFC 3339. */
  | { readonly received: readonly string[]; readonly at: string; readonly count?: number }
  /** The id of a message that was deleted. */
  | { readonly deleted: string };

interface Receptions {
  readonly count: number;
  /** When the first one was, in RFC 3339. */
  readonly firstAt: string;
}

const NEVER: Receptions = { count: 0, firstAt: '' };

/** The messages that are in a queue by the lines of its journal, with how often each was received. */
export class QueueMessages {
  /** By id, in the order in which they were sent. */
  readonly #messages = new Map<string, QueueMessage>();
  readonly #receptions = new Map<string, Receptions>();

  apply(line: QueueLine): void {
    if ('deleted' in line) {
      this.#messages.delete(line.deleted);
      this.#receptions.delete(line.deleted);
    } else if ('received' in line) {
      for (const id of line.received) {
        const { count, firstAt } = this.receptions(id);
        this.#receptions.set(id, { count: count + (line.count ?? 1), firstAt: firstAt || line.at });
      }
    } else this.#messages.set(line.id, line);
  }

  has(id: string): boolean {
    return this.#messages.has(id);
  }

  all(): readonly QueueMessage[] {
    return [...this.#messages.values()];
  }

  receptions(id: string): Receptions {
    return this.#receptions.get(id) ?? NEVER;
  }

  /** The lines that make the same messages again, and nothing older. */
  lines(): readonly QueueLine[] {
    const received = [...this.#receptions].map(([id, { count, firstAt }]) => {
      return { received: [id], at: firstAt, count };
    });
    return [...this.#messages.values(), ...received];
  }
}
