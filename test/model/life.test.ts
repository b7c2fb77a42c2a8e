import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../e2e/faulty-bundle.ts';
import { readStateTable } from '../support/state-table.ts';
import { faultsOf, listsOf } from './checks.ts';
import { type Oracle, sequences } from './commands.ts';
import { World } from './world.ts';

/** Each cell of the table of states is to be reached so often. */
const TIMES = 20;
const MAX_RUNS = 3000;
/** Milliseconds, after which what was not reached is told. */
const MAX_MS = 400_000;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function newOracle(): Oracle {
  return { table: readStateTable(), counts: new Map() };
}

function missing({ table, counts }: Oracle): string[] {
  return [...table].flatMap(([state, row]) =>
    [...row.keys()].map((call) => `${state} | ${call}`).filter((cell) => (counts.get(cell) ?? 0) < TIMES),
  );
}

/** Waits until nothing is wrong any more, for so long that all is delivered. */
async function settled(of: World, asset_id: string, since: string): Promise<void> {
  const check = async () => (await faultsOf(of, asset_id, await listsOf(of, since))).join(', ');
  await expect.poll(check, { timeout: 4_000, interval: 15 }).toBe('');
}

/** Runs of one asset each. @returns how many there were, once `isDone` */
async function runs(of: World, oracle: Oracle, isDone: () => boolean): Promise<readonly string[]> {
  const assets: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      sequences(oracle),
      fc.constantFrom('explicit' as const, 'on_upload' as const),
      async (commands, register) => {
        if (isDone()) return;
        const asset_id = of.newAsset();
        const since = new Date().toISOString();
        assets.push(asset_id);
        const real = { world: of, asset_id, register, forms: [], size: 3 };
        await fc.asyncModelRun(() => ({ model: {}, real }), commands);
        await settled(of, asset_id, since);
      },
    ),
    { seed: SEED, numRuns: MAX_RUNS, endOnFailure: true },
  );
  return assets;
}

test(`an asset's life is as its table says, whatever comes late, twice or out of order (SEED=${SEED})`, async () => {
  const oracle = newOracle();
  world = await World.open(SEED);
  const end = Date.now() + MAX_MS;
  const assets = await runs(world, oracle, () => missing(oracle).length === 0 || Date.now() > end);
  // What was still under way after a run must not have done harm since.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const lists = await listsOf(world, '2020-01-01T00:00:00Z');
  for (const asset_id of assets) expect(await faultsOf(world, asset_id, lists)).toEqual([]);
  console.info(`${assets.length} runs, SEED=${SEED}`);
  console.table(
    Object.fromEntries(
      [...oracle.table].map(([state, row]) => [
        state,
        Object.fromEntries(
          [...row.keys()].map((call) => [call, oracle.counts.get(`${state} | ${call}`) ?? 0]),
        ),
      ]),
    ),
  );
  expect(missing(oracle)).toEqual([]);
}, 600_000);

const SETTLER = 'core/settle/settler.ts';

const FAULTS: Readonly<Record<string, { settle?: Fault[]; register?: Fault[] }>> = {
  'settle removes while presigned': {
    settle: [
      [
        SETTLER,
        'const note = found.arrived === undefined ? versionId : SEVERAL;',
        'await this.#versions.remove(key, versionId); return; const note = versionId;',
      ],
    ],
  },
  'register ignores the form’s mark': {
    register: [
      ['core/uploads/registrar.ts', 'if (object?.upload !== found.upload)', 'if (object === undefined)'],
    ],
  },
  'register forgets the note': {
    settle: [['core/settle/ended-life.ts', 'return ends ?', "return ends && status !== 'registered' ?"]],
  },
  'the note is unconditional': {
    settle: [
      [
        'core/assets/dynamodb-asset-repository.ts',
        '`#status = :presigned AND event_id = :event AND ${unchanged}`',
        '`attribute_exists(pk) OR attribute_not_exists(pk) OR (#status = :presigned AND event_id = :event AND ${unchanged})`',
      ],
    ],
  },
  '* is read before it is listed': {
    settle: [
      [
        SETTLER,
        'const listed = await this.#versions.list(asset.key);\n      const found = await this.#assets.find(asset);',
        'const found = await this.#assets.find(asset);\n      await new Promise((resolve) => setTimeout(resolve, 60));\n      const listed = await this.#versions.list(asset.key);',
      ],
    ],
  },
};

test.each(Object.entries(FAULTS))(
  'finds that %s',
  async (name, faults) => {
    world = await World.open(SEED, faults);
    const oracle = newOracle();
    const done = Date.now() + 240_000;
    let found: unknown;
    const assets = await runs(world, oracle, () => Date.now() > done).catch((error) => {
      found = error;
      return [];
    });
    expect(found, `${assets.length} runs found nothing`).toBeDefined();
    console.info(
      `${name}: ${String((found as Error).message).split('\n', 1)}; ${String((found as { cause?: Error }).cause?.message ?? '').split('\n', 1)}`,
    );
  },
  300_000,
);
