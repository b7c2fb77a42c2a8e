import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { RawStorageError } from '#core/errors';
import { batch } from '#core/http/batch';
import { caller } from '../../../support/asset-records.ts';

const Item = v.strictObject({ asset_id: v.optional(v.string()), name: v.string() });
type Item = v.InferOutput<typeof Item>;

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ['info', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line) => lines.push(line));
});

/** The outcomes, and the assets of which it is told that they are done, call by call. */
async function run(
  items: readonly unknown[],
  operation: (item: Item) => Promise<string>,
  deadline = Date.now() + 60_000,
) {
  const told: (readonly string[])[] = [];
  const onDone = (asset_ids: readonly string[]) => told.push(asset_ids);
  const outcomes = await batch(items, Item, { caller, deadline, onDone }, async (item) => ({
    asset_id: item.asset_id ?? 'new',
    answer: await operation(item),
  }));
  return { ...outcomes, told, done: told[0] };
}

test('outcomes are in the order of the items, whichever ends first', async () => {
  const { items, done } = await run(
    [30, 0, 15].map((ms) => ({ name: String(ms) })),
    async ({ name }) => {
      await sleep(Number(name));
      return name;
    },
  );
  expect(items.map(({ body }) => (body as { answer: string }).answer)).toEqual(['30', '0', '15']);
  expect(done).toEqual(['new', 'new', 'new']);
});

test('an item that is refused stops no other, and says why as a call of its own would', async () => {
  const { items, done } = await run(
    [{ name: 'a' }, { nome: 'b' }, 'text', { name: 'taken' }, { name: 'broken' }, { name: 'c' }],
    async ({ name }) => {
      if (name === 'taken') throw new RawStorageError('asset_conflict');
      if (name === 'broken') throw new Error('secret');
      return name;
    },
  );
  expect(items.map(({ status }) => status)).toEqual([200, 422, 422, 409, 500, 200]);
  expect(items[1]?.body).toMatchObject({
    code: 'invalid_request',
    request_id: caller.request_id,
    errors: expect.arrayContaining([{ path: 'name', message: 'is missing' }]),
  });
  expect(items[2]?.body).toMatchObject({ errors: [{ path: '', message: 'is "text", not an object' }] });
  expect(JSON.stringify(items)).not.toContain('secret');
  expect(done).toHaveLength(2);
  expect(lines.map(({ code, tenant_id }) => [code, tenant_id])).toEqual(
    ['invalid_request', 'invalid_request', 'asset_conflict', 'internal_error'].map((code) => [
      code,
      't_acme',
    ]),
  );
});

test('items of one asset follow one another; others go side by side, ten at most', async () => {
  let running = 0;
  let most = 0;
  const order: string[] = [];
  const items = Array.from({ length: 60 }, (_, index) => ({
    name: String(index),
    ...(index < 20 && { asset_id: `asset ${index % 2}` }),
  }));
  await run(items, async ({ name, asset_id }) => {
    running += 1;
    most = Math.max(most, running);
    order.push(asset_id === undefined ? 'other' : `${asset_id}: ${name} begins`);
    await sleep(Math.random() * 4);
    if (asset_id) order.push(`${asset_id}: ${name} ends`);
    running -= 1;
    return name;
  });
  expect(most).toBe(10);
  for (const parity of [0, 1]) {
    const own = order.filter((line) => line.startsWith(`asset ${parity}`));
    const names = Array.from({ length: 10 }, (_, index) => 2 * index + parity);
    expect(own).toEqual(
      names.flatMap((name) => [`asset ${parity}: ${name} begins`, `asset ${parity}: ${name} ends`]),
    );
  }
});

describe('near the deadline', () => {
  test('what is not done is answered 503 in its place, and nothing more is begun', async () => {
    const begun: string[] = [];
    const items = Array.from({ length: 15 }, (_, index) => ({ name: index < 9 ? 'slow' : `quick ${index}` }));
    const { items: outcomes, told } = await run(
      items,
      async ({ name }) => {
        begun.push(name);
        if (name === 'slow') await sleep(400);
        return name;
      },
      Date.now() + 1200,
    );
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(9).fill(503), ...Array(6).fill(200)]);
    expect(outcomes[0]?.body).toMatchObject({ code: 'unavailable' });
    expect(told).toEqual([Array(6).fill('new')]);
    await sleep(400);
    // What is done late is told all the same: the log says who changed which asset.
    expect(told.slice(1)).toEqual(Array(9).fill(['new']));
    expect(begun).toHaveLength(15);
    expect(outcomes[0]?.status).toBe(503);
  });

  test('a deadline that has passed leaves nothing but refusals', async () => {
    const { items } = await run([{ name: 'a' }], () => sleep(50, 'late'), Date.now());
    expect(items.map(({ status }) => status)).toEqual([503]);
  });
});

test('what can be done ahead is begun for the first item of each asset, before any is worked off', async () => {
  const order: string[] = [];
  const items = [
    { name: 'a', asset_id: 'one' },
    { name: 'b', asset_id: 'two' },
    { name: 'c', asset_id: 'one' },
    { name: 'none' },
    { nome: 'd', asset_id: 'three' },
  ];
  const context = { caller, deadline: Date.now() + 60_000, onDone: () => {} };
  const ahead = async ({ name }: Item) => {
    order.push(`ahead of ${name}`);
    if (name === 'none') throw new RawStorageError('unavailable');
    return `begun for ${name}`;
  };
  const outcomes = await batch(items, Item, { ...context, ahead }, async ({ name }, begun) => {
    order.push(name);
    return { asset_id: name, answer: await begun };
  });
  expect(order.slice(0, 3)).toEqual(['ahead of a', 'ahead of b', 'ahead of none']);
  expect(order.slice(3).sort()).toEqual(['a', 'b', 'c', 'none']);
  expect(outcomes.items.map(({ status }) => status)).toEqual([200, 200, 200, 503, 422]);
  expect(outcomes.items.slice(0, 3).map(({ body }) => (body as { answer?: string }).answer)).toEqual([
    'begun for a',
    'begun for b',
    undefined,
  ]);
});

test('what was begun ahead and fails when nobody awaits it any more ends nothing', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const context = { caller, deadline: Date.now(), onDone: () => {} };
  const ahead = async () => {
    await sleep(20);
    throw new RawStorageError('unavailable');
  };
  const { items } = await batch(
    Array.from({ length: 30 }, (_, index) => ({ name: String(index) })),
    Item,
    { ...context, ahead },
    async () => {
      await sleep(100);
      return { asset_id: 'late' };
    },
  );
  expect(new Set(items.map(({ status }) => status))).toEqual(new Set([503]));
  await sleep(150);
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
