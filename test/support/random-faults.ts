import type { PutEventsEntry } from '../../local/eventbridge/put-events.ts';
import type { PutEventsFault } from './put-events-faults.ts';

/** How a call fails: each kind comes for numbers below its own, from 0 to 1, and not below the one before it. */
const KINDS: readonly (readonly [below: number, name: string, fault: PutEventsFault])[] = [
  [0.35, 'call fails', { kind: 'fail' }],
  [0.6, 'call fails, entries taken', { kind: 'fail', taken: true }],
  [0.95, 'call throttled', { kind: 'throttle' }],
  // Later than the publisher waits: the call is made again before its entries are taken.
  [1, 'call slow, entries taken', { kind: 'slow', ms: 4_000 }],
];

/** Lets a part of the calls fail, and the same part of the entries in the others. */
export class RandomFaults {
  /** How often each kind of fault has come. */
  readonly counts: Record<string, number> = {};
  readonly #rate: number;
  readonly #random: () => number;

  constructor({ rate, seed }: { readonly rate: number; readonly seed: number }) {
    this.#rate = rate;
    this.#random = mulberry32(seed);
  }

  readonly choose = (entries: readonly PutEventsEntry[]): PutEventsFault | undefined => {
    if (this.#random() < this.#rate) return this.#ofCall();
    const refused = [...entries.keys()].filter(() => this.#random() < this.#rate);
    if (refused.length === 0) return undefined;
    const codes = refused.map((index) => [index, this.#ofEntry()] as const);
    return { kind: 'partial', codes: Object.fromEntries(codes) };
  };

  #ofCall(): PutEventsFault | undefined {
    const choice = this.#random();
    const [, name = '', fault] = KINDS.find(([below]) => choice < below) ?? [];
    this.#count(name);
    return fault;
  }

  #ofEntry(): string {
    const code = this.#random() < 0.5 ? 'InternalFailure' : 'ThrottlingException';
    this.#count(`entry ${code}`);
    return code;
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

/** Numbers from 0 to 1 that depend on the seed alone. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
