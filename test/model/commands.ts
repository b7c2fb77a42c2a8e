import fc from 'fast-check';
import type { PresignResponse } from '#contract/uploads';
import type { Answer } from '../e2e/client.ts';
import type { Expected } from '../support/state-table.ts';
import { stateOf } from './state.ts';
import type { World } from './world.ts';

/** One run: an asset's id, and the forms that were signed for it. */
export interface Run {
  readonly world: World;
  readonly asset_id: string;
  readonly register: 'explicit' | 'on_upload';
  readonly forms: PresignResponse[];
  /** Of the file that the last life is for, in bytes: 3 or 4. */
  size: number;
}

/** The oracle, and how often each of its cells was reached. */
export interface Oracle {
  readonly table: ReadonlyMap<string, ReadonlyMap<string, Expected>>;
  readonly counts: Map<string, number>;
}

type Call = (run: Run) => Promise<Answer>;

const raw = (asset_id: string, action = '') => `/nexus/raw/${asset_id}${action && `/${action}`}`;
/** Presigns a file of so many bytes, which the life that is open may have another number of. */
async function presign(run: Run, size_bytes: number): Promise<Answer> {
  const { world, asset_id, register } = run;
  const answer = await world.client.presign({ asset_id, filename: 'a.txt', size_bytes, register });
  if (answer.status === 200) {
    run.forms.push(answer.body as unknown as PresignResponse);
    run.size = size_bytes;
  }
  return answer;
}

/** The calls of the table's columns. */
const CALLS: Readonly<Record<string, Call>> = {
  'presign, same': (run) => presign(run, run.size),
  'presign, other': (run) => presign(run, 7 - run.size),
  register: ({ world, asset_id }) => world.client.register({ asset_id }),
  'get, download': ({ world, asset_id }) => world.client.send('GET', raw(asset_id, 'download')),
  delete: ({ world, asset_id }) => world.client.send('DELETE', raw(asset_id)),
  restore: ({ world, asset_id }) => world.client.send('POST', raw(asset_id, 'restore')),
  cancel: ({ world, asset_id }) => world.client.send('POST', raw(asset_id, 'cancel')),
  erase: ({ world, asset_id }) => world.client.send('POST', raw(asset_id, 'erase')),
};

/** What happens beside calls. */
const EVENTS: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
  async post({ world, forms }) {
    const form = forms.at(-1);
    if (form !== undefined) await world.post(form);
  },
  async 'post late'({ world, forms }) {
    const [form] = forms;
    if (form !== undefined) await world.post(form);
  },
  wait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  'be due': ({ world, asset_id }) => world.makeDue(asset_id),
  'time to live': ({ world }) => world.cloud.services.dynamodb.removeExpired(),
  /** Several clients at once. Who is first decides; what they leave is looked at in the end. */
  'calls at once': (run) =>
    Promise.all(
      ['register', 'register', 'delete', 'restore', 'cancel'].map((name) => (CALLS[name] as Call)(run)),
    ),
  async 'another life'(run) {
    await CALLS['cancel']?.(run);
    await presign(run, run.size);
  },
  // The ways into states that chance seldom finds.
  async 'be registered'(run) {
    await presign(run, run.size);
    await EVENTS['post']?.(run);
    await CALLS['register']?.(run);
  },
  async 'be deleted, and due'(run) {
    await EVENTS['be registered']?.(run);
    await CALLS['delete']?.(run);
    await run.world.makeDue(run.asset_id);
  },
  async 'be deleted'(run) {
    await EVENTS['be registered']?.(run);
    await CALLS['delete']?.(run);
  },
  async 'be posted twice, and then the next life’s'(run) {
    await presign(run, run.size);
    await EVENTS['post']?.(run);
    await EVENTS['post']?.(run);
    await EVENTS['another life']?.(run);
    await EVENTS['post']?.(run);
  },
  async 'be presigned, and due'(run) {
    await presign(run, run.size);
    await run.world.makeDue(run.asset_id);
  },
  async 'be purged'(run) {
    await EVENTS['be registered']?.(run);
    await CALLS['erase']?.(run);
  },
  async 'posts by both lives'(run) {
    await EVENTS['post']?.(run);
    await EVENTS['post late']?.(run);
  },
};

class Step implements fc.AsyncCommand<object, Run> {
  readonly #name: string;
  readonly #oracle: Oracle;

  constructor(name: string, oracle: Oracle) {
    this.#name = name;
    this.#oracle = oracle;
  }

  check = () => true;

  async run(_: object, run: Run): Promise<void> {
    const call = CALLS[this.#name];
    if (call === undefined) return void (await EVENTS[this.#name]?.(run));
    // Settle may register, and the calls at once are done, before a call is: the answer is of a state that was there.
    const before = stateOf(await run.world.record(run.asset_id));
    const answer = await call(run);
    const states = [
      before,
      ...(before.startsWith('presigned') && run.register === 'on_upload' ? ['registered'] : []),
    ];
    const state = states.find((one) => this.#isExpected(one, answer));
    if (state === undefined)
      throw new Error(`${this.#name} in ${states.join(' or ')}: ${answer.status} ${answer.body['code']}`);
    const cell = `${state} | ${this.#name}`;
    this.#oracle.counts.set(cell, (this.#oracle.counts.get(cell) ?? 0) + 1);
  }

  #isExpected(state: string, { status, body }: Answer): boolean {
    const expected = this.#oracle.table.get(state)?.get(this.#name);
    if (expected === undefined) throw new Error(`The table has no cell ${state} | ${this.#name}`);
    // Nothing may have been posted by a form of this life.
    if (this.#name === 'register' && state === 'presigned' && body['code'] === 'not_uploaded') return true;
    return status === expected.status && (expected.code === undefined || body['code'] === expected.code);
  }

  toString = () => this.#name;
}

/** Sequences of calls and of what happens beside them. */
export function sequences(oracle: Oracle) {
  const names = [
    ...Object.keys(CALLS),
    ...Object.keys(EVENTS),
    'presign, same',
    'post',
    'register',
    'delete',
  ];
  return fc.commands(
    names.map((name) => fc.constant(new Step(name, oracle))),
    { maxCommands: 40, size: 'max' },
  );
}
