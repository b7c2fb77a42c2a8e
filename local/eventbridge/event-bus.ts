import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import { AwsError } from '../http/aws-error.ts';
import type { JsonService } from '../http/json-service.ts';
import type { Access } from '../iam/principal.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import {
  busName,
  EntryError,
  type PutEventsEntry,
  readEntries,
  type StoredEvent,
  toEvent,
} from './put-events.ts';

export type { StoredEvent };

export interface EventBusOptions {
  /** Where the events are kept, in `events.jsonl`. */
  readonly dir: string;
  /** The buses that there are; their events are kept together. */
  readonly names: readonly string[];
  /** @default the wall clock */
  readonly now?: () => Date;
}

interface EntryResult {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/** EventBridge's PutEvents, and that a bus is there. Each event is kept, and told to whoever subscribes: the rules, and people. */
export class EventBus implements JsonService {
  readonly #names: readonly string[];
  readonly #now: () => Date;
  readonly #journal: Journal<StoredEvent>;
  readonly #events: StoredEvent[];
  readonly #listeners = new Set<(event: StoredEvent) => void>();

  constructor({ dir, names, now = () => new Date() }: EventBusOptions) {
    this.#names = names;
    this.#now = now;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { journal, entries } = Journal.open<StoredEvent>(join(dir, 'events.jsonl'));
    this.#journal = journal;
    this.#events = entries;
  }

  accesses(operation: string, input: object): readonly Access[] {
    requireOperation(operation);
    const names = operation === 'PutEvents' ? new Set(readEntries(input).map(busName)) : [readBusName(input)];
    return [...names].map((name) => ({ action: `events:${operation}`, resource: busArn(name) }));
  }

  async handle(operation: string, input: object): Promise<unknown> {
    requireOperation(operation);
    if (operation === 'DescribeEventBus') return this.#describe(readBusName(input));
    const Entries = readEntries(input).map((entry) => this.#put(entry));
    return { FailedEntryCount: Entries.filter(({ EventId }) => EventId === undefined).length, Entries };
  }

  /** Oldest first, those of earlier runs included. */
  events(): readonly StoredEvent[] {
    return this.#events;
  }

  /** Calls `listener` with each event from now on. @returns how to stop it */
  subscribe(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#journal.close();
  }

  #describe(name: string) {
    if (this.#names.includes(name)) return { Name: name, Arn: busArn(name) };
    throw new AwsError(400, 'ResourceNotFoundException', `Event bus ${name} does not exist.`);
  }

  #put(entry: PutEventsEntry): EntryResult {
    try {
      const event = toEvent(entry, this.#names, randomUUID(), this.#now());
      this.#journal.append(event);
      this.#events.push(event);
      for (const listener of this.#listeners) listener(event);
      return { EventId: event.id };
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      return { ErrorCode: error.code, ErrorMessage: error.message };
    }
  }
}

const busArn = (name: string) => `arn:aws:events:${REGION}:${ACCOUNT_ID}:event-bus/${name}`;

function readBusName(input: object): string {
  const { Name = 'default' } = input as { Name?: string };
  return busName({ EventBusName: Name });
}

function requireOperation(operation: string): void {
  if (operation === 'PutEvents' || operation === 'DescribeEventBus') return;
  throw new AwsError(400, 'UnknownOperationException', 'The operation is not implemented.');
}

export function openEventBus(options: EventBusOptions): EventBus {
  return new EventBus(options);
}
