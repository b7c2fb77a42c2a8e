import type { DynamoDBRecord } from 'aws-lambda';
import { type Change, toChanges } from '#core/events/event-sender';
import { count } from '../../cli/count.ts';
import type { DeadLetter, StreamRecord } from './dead-letter.ts';

/** A change whose event is not on the bus yet, with every object and message that holds its record. */
export class UnsentChange implements Change {
  readonly asset: string;
  readonly sequenceNumber: string;
  readonly deadLetters = new Set<DeadLetter>();
  /** The record as JSON: there may be hundreds of thousands, and as objects they would take far more memory. */
  readonly #record: string;

  constructor({ asset, sequenceNumber, record }: Change) {
    this.asset = asset;
    this.sequenceNumber = sequenceNumber;
    this.#record = JSON.stringify(record);
  }

  get record(): DynamoDBRecord {
    return JSON.parse(this.#record);
  }
}

interface Content {
  /** How many stream records it holds. */
  readonly records: number;
  /** The changes of these records whose events are not on the bus yet. */
  readonly changes: Set<UnsentChange>;
}

/** Everything in the failure bucket and the poison queue. Each change is kept once, even if several objects or messages hold its record. */
export class Backlog {
  readonly #contents = new Map<DeadLetter, Content>();
  /** The reason why each could not be read. */
  readonly #unreadable = new Map<DeadLetter, string>();
  /** The changes whose events are not on the bus yet, by asset and sequence number. */
  readonly #changes = new Map<string, UnsentChange>();

  /** @param read throws if neither Lambda nor the publisher wrote the object or message, which is then never deleted */
  add(letter: DeadLetter, read: () => readonly StreamRecord[]): void {
    let records: readonly StreamRecord[];
    try {
      records = read();
    } catch (error) {
      this.#unreadable.set(letter, (error as Error).message);
      return;
    }
    const changes = toChanges(records as readonly DynamoDBRecord[]).map((change) => {
      const known = this.#changes.get(idOf(change)) ?? new UnsentChange(change);
      this.#changes.set(idOf(change), known);
      known.deadLetters.add(letter);
      return known;
    });
    this.#contents.set(letter, { records: records.length, changes: new Set(changes) });
  }

  /** The changes whose events are not on the bus yet, oldest first. */
  changes(): readonly UnsentChange[] {
    return [...this.#changes.values()].sort(byTime);
  }

  /** The objects and messages that could not be read, each with the reason. */
  unreadable(): ReadonlyMap<DeadLetter, string> {
    return this.#unreadable;
  }

  /** Every object and message that is not deleted yet. */
  deadLetters(): readonly DeadLetter[] {
    return [...this.#contents.keys(), ...this.#unreadable.keys()];
  }

  /** The objects and messages whose events are all on the bus. */
  done(): readonly DeadLetter[] {
    return [...this.#contents].flatMap(([letter, { changes }]) => (changes.size === 0 ? [letter] : []));
  }

  /** Notes that a change's event is on the bus. @returns the objects and messages whose events are all on the bus now */
  publish(change: UnsentChange): readonly DeadLetter[] {
    this.#changes.delete(idOf(change));
    return [...change.deadLetters].filter((letter) => {
      const changes = this.#contents.get(letter)?.changes;
      changes?.delete(change);
      return changes?.size === 0;
    });
  }

  async delete(letter: DeadLetter): Promise<void> {
    await letter.delete();
    this.#contents.delete(letter);
  }

  /** `12 records in 3 objects, 2 messages: 14 events of 9 assets` */
  toString(): string {
    const ofKind = (kind: DeadLetter['kind']) => this.deadLetters().filter((letter) => letter.kind === kind);
    const [objects, messages] = [ofKind('object'), ofKind('message')];
    const records = objects.reduce((sum, object) => sum + (this.#contents.get(object)?.records ?? 0), 0);
    const assets = new Set([...this.#changes.values()].map(({ asset }) => asset));
    const held = [
      ...(objects.length > 0 ? [`${count(records, 'record')} in ${count(objects.length, 'object')}`] : []),
      ...(messages.length > 0 ? [count(messages.length, 'message')] : []),
    ];
    return `${held.join(', ')}: ${count(this.#changes.size, 'event')} of ${count(assets.size, 'asset')}`;
  }
}

const idOf = ({ asset, sequenceNumber }: Change) => `${asset} ${sequenceNumber}`;

/** Compares sequence numbers, which are digits and grow from change to change: of two, the one with more digits is later. */
function byTime({ sequenceNumber: a }: Change, { sequenceNumber: b }: Change): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
