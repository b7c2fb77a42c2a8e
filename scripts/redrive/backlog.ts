import type { DynamoDBRecord } from 'aws-lambda';
import { type Change, toChanges } from '#core/events/event-sender';
import type { Holding, StreamRecord } from './holding.ts';

/** A change whose event is not on the bus yet, and all that holds its record. */
export class HeldChange implements Change {
  readonly asset: string;
  readonly sequenceNumber: string;
  readonly holdings = new Set<Holding>();
  /** JSON of what the event is made of: there may be hundreds of thousands, and as objects they would take much more. */
  readonly #image: string;

  constructor({ asset, sequenceNumber, record }: Change) {
    this.asset = asset;
    this.sequenceNumber = sequenceNumber;
    this.#image = JSON.stringify(record.dynamodb?.NewImage);
  }

  get record(): DynamoDBRecord {
    return { dynamodb: { NewImage: JSON.parse(this.#image) } };
  }
}

interface Content {
  readonly records: number;
  /** Those that are not on the bus yet. */
  readonly changes: Set<HeldChange>;
}

/** What the failure destinations hold: each change once, though several objects or messages may hold its record. */
export class Backlog {
  readonly #holdings = new Map<Holding, Content>();
  /** With the reason. */
  readonly #unreadable = new Map<Holding, string>();
  /** Those that are not on the bus yet. */
  readonly #changes = new Map<string, HeldChange>();

  /** `read` throws where the holding is none of ours: it is left alone then. */
  add(holding: Holding, read: () => readonly StreamRecord[]): void {
    let records: readonly StreamRecord[];
    try {
      records = read();
    } catch (error) {
      this.#unreadable.set(holding, (error as Error).message);
      return;
    }
    const changes = toChanges(records as readonly DynamoDBRecord[]).map((change) => {
      const known = this.#changes.get(idOf(change)) ?? new HeldChange(change);
      this.#changes.set(idOf(change), known);
      known.holdings.add(holding);
      return known;
    });
    this.#holdings.set(holding, { records: records.length, changes: new Set(changes) });
  }

  /** In the order in which they were made. */
  changes(): readonly HeldChange[] {
    return [...this.#changes.values()].sort(byTime);
  }

  /** Holdings that could not be read, and why. */
  unreadable(): ReadonlyMap<Holding, string> {
    return this.#unreadable;
  }

  /** Every holding that is not deleted. */
  holdings(): readonly Holding[] {
    return [...this.#holdings.keys(), ...this.#unreadable.keys()];
  }

  /** Those that hold nothing that is not on the bus. */
  done(): readonly Holding[] {
    return [...this.#holdings].flatMap(([holding, { changes }]) => (changes.size === 0 ? [holding] : []));
  }

  /** Notes that a change's event is on the bus. @returns the holdings that hold nothing else */
  publish(change: HeldChange): readonly Holding[] {
    this.#changes.delete(idOf(change));
    return [...change.holdings].filter((holding) => {
      const changes = this.#holdings.get(holding)?.changes;
      changes?.delete(change);
      return changes?.size === 0;
    });
  }

  async delete(holding: Holding): Promise<void> {
    await holding.delete();
    this.#holdings.delete(holding);
  }

  /** `12 records in 3 objects, 2 messages: 14 events of 9 assets` */
  toString(): string {
    const ofKind = (kind: Holding['kind']) => this.holdings().filter((holding) => holding.kind === kind);
    const [objects, messages] = [ofKind('object'), ofKind('message')];
    const records = objects.reduce((sum, object) => sum + (this.#holdings.get(object)?.records ?? 0), 0);
    const assets = new Set([...this.#changes.values()].map(({ asset }) => asset));
    const held = [
      ...(objects.length > 0 ? [`${count(records, 'record')} in ${count(objects.length, 'object')}`] : []),
      ...(messages.length > 0 ? [count(messages.length, 'message')] : []),
    ];
    return `${held.join(', ')}: ${count(this.#changes.size, 'event')} of ${count(assets.size, 'asset')}`;
  }
}

/** `1 event`, `2 events` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

const idOf = ({ asset, sequenceNumber }: Change) => `${asset} ${sequenceNumber}`;

/** Sequence numbers are digits, of which an asset's go up: the longer is the later. */
function byTime({ sequenceNumber: a }: Change, { sequenceNumber: b }: Change): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
